import { useEffect, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { DutyHead } from '../../duty/DutyHead';
import { DutySlot } from '../../duty/DutySlot';
import { Hatch } from '../../faceplates/Hatch';
import { areaTree, flatten } from '../../live/areas';
import { useAreaCounts, useDescription, useEverySecond, useLine, useTotals } from '../../live/hooks';
import { OWN } from '../../live/store';
import type { Description } from '../../live/wire';
import { Legend, Mimic } from '../../mimic/Mimic';
import { formatTime, textIn } from '../../points/format';
import { LineBanner } from '../../ui/LineBanner';
import { CountMarks, StateMark } from '../../ui/Marks';
import { useSite } from '../../ui/useSite';
import { useText } from '../../ui/useText';
import { ActiveSlot } from '../overview/ActiveSlot';
import { Coverage, CoverageBar, CoverageWords } from '../overview/Coverage';
import { Recent } from '../overview/Recent';
import { type Screen, everyMs, fill, screens, wantedAreas } from './plan';
import { useBox } from './useBox';
import '../overview/overview.css';
import '../overview/summary.css';
import './wall.css';

function WallClock({ zone }: { zone: string }) {
  const now = useEverySecond((at) => formatTime(at, zone));
  return (
    <time className="wall-clock">
      <span className="muted">{now.slice(0, 10)}</span> {now.slice(11)}
    </time>
  );
}

function AreaFigures({ area }: { area: string }) {
  const counts = useAreaCounts(OWN + area);
  return (
    <div className="wall-figures">
      <CountMarks notGood={counts.notGood} abnormal={counts.abnormal} />
      <CoverageBar counts={counts} />
      <CoverageWords counts={counts} />
      <Legend />
    </div>
  );
}

function Picture({ screen, description }: { screen: Screen; description: Description }) {
  const [ref, width, height] = useBox<HTMLDivElement>();
  const all = useMemo(() => new Map(description.assets.map((a) => [a.id, a])), [description]);
  const { made, zoom } = useMemo(() => fill(screen.assets, all, width, height), [screen, all, width, height]);
  return (
    <div ref={ref} className="wall-picture">
      {width > 0 && height > 0 && (
        <Mimic made={made} assets={screen.assets} all={all} areas={description.site.areas} zoom={zoom} />
      )}
    </div>
  );
}

function Showing({ screen, description }: { screen: Screen; description: Description }) {
  if (!screen.node) {
    return (
      <div className="wall-site">
        <DutySlot />
        <ActiveSlot description={description} />
        <Coverage description={description} />
        <Recent zone={description.site.timezone} />
      </div>
    );
  }
  return (
    <>
      <AreaFigures area={screen.node.area.id} />
      <Picture screen={screen} description={description} />
    </>
  );
}

/** Goes from screen to screen for ever; nobody has to touch it. */
function useTurn(length: number, every: number): [number, number] {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTurn((n) => n + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  return [turn % Math.max(length, 1), turn];
}

function Cycle({ description }: { description: Description }) {
  const { t, language } = useText();
  const [search] = useSearchParams();
  const every = everyMs(search.get('every'));
  const asked = search.get('areas');
  const list = useMemo(
    () => screens(wantedAreas(asked, flatten(areaTree(description.site.areas))), description.assets),
    [asked, description],
  );
  const [at, turn] = useTurn(list.length, every);
  const screen = list[at] ?? list[0];
  const name = useSite();
  const totals = useTotals();
  const line = useLine();
  if (!screen) return null;
  const title = screen.node ? screen.node.path.map((a) => textIn(a.name, language)).join(' › ') : name;
  return (
    <>
      <header className="wall-head">
        <h1>
          <Link to="/" title={t('nav.overview')}>
            {title}
          </Link>
          {screen.parts > 1 && <span className="muted">{` ${screen.part}/${screen.parts}`}</span>}
        </h1>
        <DutyHead />
        <span className="wall-state">
          <CountMarks notGood={totals.notGood} abnormal={totals.abnormal} />
          <StateMark state={line.state === 'live' ? 'up' : line.state === 'lost' ? 'down' : 'starting'} word={t(`wall.${line.state}`)} />
        </span>
        <WallClock zone={description.site.timezone} />
      </header>
      <LineBanner />
      <div className="wall-turn" aria-hidden="true">
        <span key={turn} style={{ animationDuration: `${every}ms` }} />
      </div>
      <main className="wall-main page" data-screen={screen.key}>
        <Showing key={screen.key} screen={screen} description={description} />
      </main>
    </>
  );
}

/** The unattended screen of a control room. */
export default function Wall() {
  const { t } = useText();
  const description = useDescription();
  const line = useLine();
  return (
    <div className={line.state === 'live' ? 'wall' : 'wall not-live'} data-line={line.state}>
      <Hatch />
      {description ? <Cycle description={description} /> : <p className="muted">{t('loading')}</p>}
    </div>
  );
}
