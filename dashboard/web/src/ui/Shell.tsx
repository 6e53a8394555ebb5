import { Button } from 'antd';
import { Suspense, useEffect } from 'react';
import { Link, NavLink, Outlet, useLocation } from 'react-router';
import { useSignOut } from '../api/queries';
import { useDescription, useLine, useTotals } from '../live/hooks';
import { textIn } from '../points/format';
import { LineBanner } from './LineBanner';
import { CountMarks } from './Marks';
import { PrefsSwitches } from './PrefsSwitches';
import { usePrefs } from './prefs';
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

/** The frame around every page: where one is, whether the line lives, how much is wrong. */
export function Shell() {
  const { t, language } = useText();
  const { suggestLanguage } = usePrefs();
  const site = useDescription()?.site;
  const line = useLine();
  const signOut = useSignOut();
  const { pathname } = useLocation();
  const siteLanguage = site?.language;

  // Only the site's own word starts this, not a change of the person's choice.
  useEffect(() => {
    if (siteLanguage) suggestLanguage(siteLanguage);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [siteLanguage]);
  const name = site ? textIn(site.name, language) : t('app.name');
  useEffect(() => {
    document.title = name;
  }, [name]);
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [pathname]);

  return (
    <div className={line.state === 'live' ? 'shell' : 'shell not-live'} data-line={line.state}>
      <div className="head">
        <header className="top">
          <NavLink to="/" className="site-name">
            {name}
          </NavLink>
          <nav aria-label={t('nav.label')}>
            <NavLink to="/" end>
              {t('nav.overview')}
            </NavLink>
            <NavLink to="/system">{t('nav.system')}</NavLink>
          </nav>
          <span className="totals">
            <Totals />
          </span>
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
