import { Button, Segmented } from 'antd';
import { textIn } from '../../points/format';
import { useText } from '../../ui/useText';
import type { EnergyChoice } from './choice';
import { MEDIA, type Medium, type MeterPoint } from './meters';
import { COUNT, EVERY, type Every, shifted } from './periods';

interface Props {
  readonly choice: EnergyChoice;
  readonly set: (next: Partial<EnergyChoice>) => void;
  readonly media: readonly Medium[]; // that the site has
  readonly all: readonly MeterPoint[];
  readonly chosen: readonly string[];
  readonly now: number; // ms
  readonly zone: string;
  readonly onCSV: () => void;
}

/** What the page can be told: medium, periods, where in time, meters. */
export function EnergyBar({ choice, set, media, all, chosen, now, zone, onCSV }: Props) {
  const { t, language } = useText();
  const end = choice.end ?? now;
  const move = (sign: number) => {
    const next = shifted(choice.every, sign * COUNT[choice.every], end, zone);
    set({ end: next >= now ? null : next });
  };
  const toggle = (id: string) => set({ meters: chosen.includes(id) ? chosen.filter((x) => x !== id) : [...chosen, id] });
  return (
    <section className="panel energy-bar" aria-label={t('energy.what')}>
      <div className="energy-row">
        {media.length > 1 && (
          <Segmented<Medium>
            aria-label={t('energy.medium')}
            value={choice.medium}
            options={MEDIA.filter((m) => media.includes(m)).map((m) => ({ value: m, label: t(`energy.media.${m}`) }))}
            onChange={(medium) => set({ medium, meters: null })}
          />
        )}
        <Segmented<Every>
          aria-label={t('energy.every')}
          data-testid="every"
          value={choice.every}
          options={EVERY.map((e) => ({ value: e, label: t(`energy.by.${e}`) }))}
          onChange={(every) => set({ every, end: null })}
        />
        <span className="energy-tools">
          <Button size="small" aria-label={t('trend.earlier')} title={t('trend.earlier')} onClick={() => move(-1)} data-testid="energy-earlier">
            ◀
          </Button>
          <Button size="small" aria-label={t('trend.later')} title={t('trend.later')} disabled={choice.end === null} onClick={() => move(1)}>
            ▶
          </Button>
          <Button size="small" disabled={choice.end === null} onClick={() => set({ end: null })}>
            {t('energy.today')}
          </Button>
          <Button size="small" onClick={onCSV} data-testid="csv">
            {t('trend.csv')}
          </Button>
          <Button size="small" onClick={() => print()}>
            {t('energy.print')}
          </Button>
        </span>
      </div>
      <details className="energy-meters" open={all.length <= 8}>
        <summary>{t('energy.chosen', { n: chosen.length, all: all.length })}</summary>
        <ul>
          {all.map(({ asset }) => (
            <li key={asset.id}>
              <label>
                <input type="checkbox" checked={chosen.includes(asset.id)} onChange={() => toggle(asset.id)} />
                {textIn(asset.name, language) || asset.id}
              </label>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
