import { Alert } from 'antd';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLine, useLive } from '../live/hooks';
import { formatDuration, formatTime, formatUnit, textIn } from '../points/format';
import { named, useText } from '../ui/useText';
import { ChartBar } from './ChartBar';
import { MarkLane } from './MarkLane';
import { TrendPanel } from './TrendPanel';
import { fileName, save, saveCSV } from './csv';
import { keyMove } from './gestures';
import { type Line, colourOf, dashOf, isCoded, keyOf, nameOf, panelsOf } from './line';
import type { Mark } from './marks';
import { LANE_FONT, laneMarks, pictureOf, timeWidth } from './picture';
import { tableOf } from './table';
import { useJudged, useMarks } from './useMarks';
import { useStored } from './useStored';
import { useWidth } from './useWidth';
import { Viewport } from './viewport';
import { type Span, lengthOf, writeSpan } from './window';
import './chart.css';

interface Props {
  readonly title: string;
  readonly file: string; // what files that leave are called
  readonly lines: readonly Line[];
  readonly span: Span;
  readonly zone: string;
  readonly withAsset: boolean; // a line's name begins with its asset's
  readonly onSpan: (s: Span) => void;
  readonly children?: ReactNode; // more tools
}

function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const MARK_COLOURS: Readonly<Record<string, string>> = { P1: '--alarm-text', P2: '--warn', P3: '--muted', P4: '--muted' };

/** Lines of points over time: they move with the present, the pointer and the keys. */
export function Chart({ title, file, lines, span, zone, withAsset, onSpan, children }: Props) {
  const { t, time, language } = useText();
  const { clock } = useLive();
  const live = useLine().state === 'live';
  const [ref, width] = useWidth<HTMLDivElement>();
  const told = useRef(onSpan);
  useEffect(() => {
    told.current = onSpan;
  }, [onSpan]);
  const [viewport] = useState(() => new Viewport(span, clock));
  const address = writeSpan(span);
  useEffect(() => {
    if (writeSpan(viewport.span) !== address) viewport.adopt(span);
    // The address is the span.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [address, viewport]);
  useEffect(() => viewport.onRest((s) => told.current(s)), [viewport]);

  const stored = useStored(lines, span, width, clock);
  const assets = useMemo(() => [...new Set(lines.map((l) => l.asset.id))], [lines]);
  const marks = useMarks(assets, span, clock);
  const rules = useJudged(lines);
  const panels = useMemo(() => panelsOf(lines), [lines]);
  // Where the view rests; a view that follows is taken as of its last data.
  const rest = useMemo<readonly [number, number]>(() => {
    const now = clock.now();
    return span.live ? [now - span.length, now] : [span.from, span.to];
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [address, stored, marks, clock]);
  const panelMarks = useMemo(
    () => marks.filter((m) => m.kind === 'alarm').map((m) => ({ at: m.at, color: cssColor(MARK_COLOURS[m.priority] ?? '--muted') })),
    [marks],
  );

  const canvases = useRef(new Map<string, () => HTMLCanvasElement | null>());
  const register = useCallback((key: string, canvas: () => HTMLCanvasElement | null) => {
    canvases.current.set(key, canvas);
    return () => {
      canvases.current.delete(key);
    };
  }, []);

  const stamp = () => viewport.bounds().map((ms) => formatTime(ms, zone).replace(/[-:]/g, '').replace(' ', '-'));
  const csv = () => {
    const [from, to] = viewport.bounds();
    const table = lines.map((l) => {
      const s = stored.lines.get(keyOf(l));
      const unit = formatUnit(l.point.unit);
      const name = `${textIn(l.asset.name, language) || l.asset.id} ${nameOf(l, language, false)}`;
      return { title: unit === '' ? name : `${name} [${unit}]`, samples: s?.samples ?? [], low: s?.low ?? [], high: s?.high ?? [] };
    });
    const words = { time: t('csv.time'), value: t('csv.value'), least: t('csv.least'), most: t('csv.most'), quality: t('csv.quality') };
    saveCSV(tableOf(table, from, to, zone, words), fileName([file, ...stamp()], 'csv'));
  };
  const png = async () => {
    const sheets = panels.flatMap(([key, of]) => {
      const canvas = canvases.current.get(key)?.() ?? null;
      if (!canvas) return [];
      const legend = of.map((l, i) => ({ text: nameOf(l, language, true), color: cssColor(colourOf(l)), dash: dashOf(i) }));
      return [{ canvas, legend, unit: of[0] && !isCoded(of[0].point) ? formatUnit(of[0].point.unit) : '' }];
    });
    const [first] = sheets;
    if (!first) return;
    const [from, to] = viewport.bounds();
    const under = `${formatTime(from, zone)} … ${formatTime(to, zone)} (${zone})`;
    const mark = (priority: string) => cssColor(MARK_COLOURS[priority] ?? '--muted');
    const ink = { back: cssColor('--panel'), text: cssColor('--fg'), font: cssColor('--font'), mark };
    const ruler = document.createElement('canvas').getContext('2d');
    if (ruler) ruler.font = `${LANE_FONT}px ${ink.font}`;
    const words = (m: Mark) => [textIn(m.title, language), ...(assetName ? [assetName(m.asset)] : []), named(t, m.kind === 'alarm' ? 'alarmState' : 'ticketState', m.state)].join(' · ');
    const lanes = (['alarm', 'ticket'] as const).map((kind) => ({
      name: t(`marks.${kind}s`),
      marks: laneMarks(marks.filter((m) => m.kind === kind), [from, to], clock.now(), timeWidth(first.canvas), words, (s) => ruler?.measureText(s).width ?? 0),
    }));
    const blob = await pictureOf(title === file ? title : `${title} · ${file}`, under, lanes, sheets, ink);
    if (blob) save(blob, fileName([file, ...stamp()], 'png'));
  };

  const key = (e: KeyboardEvent) => {
    if (e.target !== e.currentTarget || e.ctrlKey || e.metaKey || e.altKey) return;
    const move = keyMove(e.key, e.shiftKey);
    if (move === null) return;
    e.preventDefault();
    if (move === 'follow') viewport.follow();
    else if ('pan' in move) viewport.pan(move.pan);
    else viewport.zoom(move.zoom, viewport.span.live ? 1 : 0.5);
  };

  const assetName = withAsset
    ? (id: string) => {
        const asset = lines.find((l) => l.asset.id === id)?.asset;
        return asset ? textIn(asset.name, language) || id : id;
      }
    : null;
  return (
    <section className="panel trend" aria-label={title} data-loading={stored.loading} data-span={address}>
      <ChartBar
        title={title}
        span={span}
        bounds={rest}
        viewport={viewport}
        zone={zone}
        onSpan={onSpan}
        onCSV={csv}
        onPNG={() => void png()}
      >
        {children}
      </ChartBar>
      {stored.error && <Alert type="error" showIcon title={t('trend.error', { message: stored.error.message })} />}
      <div ref={ref} className="trend-body" role="application" tabIndex={0} aria-label={t('trend.keys', { title })} onKeyDown={key}>
        {lines.length > 0 && <MarkLane marks={marks} viewport={viewport} span={rest} width={width} zone={zone} assetName={assetName} />}
        {panels.map(([name, of]) => (
          <TrendPanel
            key={name}
            name={name}
            lines={of}
            stored={stored.lines}
            rules={rules}
            viewport={viewport}
            keepMs={lengthOf(span)}
            marks={panelMarks}
            live={live}
            width={width}
            alone={panels.length === 1}
            zone={zone}
            withAsset={withAsset}
            register={register}
          />
        ))}
        {lines.length === 0 && <p className="muted">{t('trend.none')}</p>}
      </div>
      <p className="muted trend-foot">
        {span.live ? '' : `${formatTime(span.from, zone)} … ${formatTime(span.to, zone)} · `}
        {stored.stepMs === 0 ? t('trend.raw') : t('trend.step', { step: formatDuration(stored.stepMs, time) })}
        {' · '}
        {t('trend.hatch')} <span className="trend-how">{t('trend.how')}</span>
      </p>
    </section>
  );
}
