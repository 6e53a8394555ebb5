import { Button } from 'antd';
import { Suspense, useEffect, useRef } from 'react';
import { Link, NavLink, Outlet, useLocation } from 'react-router';
import { useSignOut } from '../api/queries';
import { useDescription, useEverySecond, useLine, useTotals } from '../live/hooks';
import { DutyHead } from '../duty/DutyHead';
import { Hatch } from '../faceplates/Hatch';
import { formatTime } from '../points/format';
import { LineBanner } from './LineBanner';
import { CountMarks } from './Marks';
import { PrefsSwitches } from './PrefsSwitches';
import { useSite } from './useSite';
import { useText } from './useText';

function Totals() {
  const { t } = useText();
  const totals = useTotals();
  if (totals.points === 0) return null;
  if (totals.notGood === 0 && totals.abnormal === 0) return <span className="muted">{t('counts.allGood')}</span>;
  return (
    <>
      {totals.abnormal > 0 && (
        <Link to="/?show=abnormal">
          <CountMarks notGood={0} abnormal={totals.abnormal} />
        </Link>
      )}
      {totals.notGood > 0 && (
        <Link to="/?show=notgood">
          <CountMarks notGood={totals.notGood} abnormal={0} />
        </Link>
      )}
    </>
  );
}

/** A sheet of paper says when it was true. */
function PrintedAt() {
  const { t } = useText();
  const zone = useDescription()?.site.timezone ?? 'UTC';
  const at = useEverySecond((now) => formatTime(now, zone));
  return <span className="print-only">{t('print.at', { at: `${at} (${zone})` })}</span>;
}

/** The frame around every page: where one is, whether the line lives, how much is wrong. */
export function Shell() {
  const { t } = useText();
  const name = useSite();
  const line = useLine();
  const signOut = useSignOut();
  const { pathname } = useLocation();
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    window.scrollTo(0, 0);
    // On a phone the row of pages is longer than the screen.
    nav.current?.querySelector('a.active')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);

  return (
    <div className={line.state === 'live' ? 'shell' : 'shell not-live'} data-line={line.state}>
      <Hatch />
      <div className="head">
        <header className="top">
          <NavLink to="/" className="site-name">
            {name}
          </NavLink>
          <nav ref={nav} aria-label={t('nav.label')}>
            <NavLink to="/" end>
              {t('nav.overview')}
            </NavLink>
            <NavLink to="/alarms">{t('nav.alarms')}</NavLink>
            <NavLink to="/tickets">{t('nav.tickets')}</NavLink>
            <NavLink to="/energy">{t('nav.energy')}</NavLink>
            <NavLink to="/compare">{t('nav.compare')}</NavLink>
            <NavLink to="/kpi">{t('nav.kpi')}</NavLink>
            <NavLink to="/rules">{t('nav.rules')}</NavLink>
            <NavLink to="/system">{t('nav.system')}</NavLink>
            <NavLink to="/wall" className="nav-wall">
              {t('nav.wall')}
            </NavLink>
          </nav>
          <DutyHead />
          <span className="totals">
            <Totals />
          </span>
          <PrintedAt />
          <span className="top-end">
            <PrefsSwitches />
            <Button size="small" type="text" data-testid="sign-out" onClick={() => signOut.mutate()}>
              {t('nav.signOut')}
            </Button>
          </span>
        </header>
        <LineBanner />
      </div>
      <main className="page">
        <Suspense fallback={<p className="muted">{t('loading')}</p>}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}
