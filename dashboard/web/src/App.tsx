import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { Suspense, lazy } from 'react';
import { Navigate, RouterProvider, createBrowserRouter, useRouteError } from 'react-router';
import { useSession, useSigningOut } from './api/queries';
import { AlarmsByAsset } from './duty/AssetAlarms';
import { LiveProvider } from './live/LiveProvider';
import { SignIn } from './pages/SignIn';
import { Shell } from './ui/Shell';
import { useText } from './ui/useText';

const Overview = lazy(() => import('./pages/overview/Overview'));
const AssetPage = lazy(() => import('./pages/asset/AssetPage'));
const Wall = lazy(() => import('./pages/wall/Wall'));
const ComparePage = lazy(() => import('./pages/compare/ComparePage'));
const EnergyPage = lazy(() => import('./pages/energy/EnergyPage'));
const AlarmsPage = lazy(() => import('./pages/alarms/AlarmsPage'));
const TicketsPage = lazy(() => import('./pages/tickets/TicketsPage'));
const TicketPage = lazy(() => import('./pages/tickets/TicketPage'));
const NewTicket = lazy(() => import('./pages/tickets/NewTicket'));
const KPIPage = lazy(() => import('./pages/kpi/KPIPage'));
const RulesPage = lazy(() => import('./pages/rules/RulesPage'));
const SystemPage = lazy(() => import('./pages/system/SystemPage'));

/** A page's script that would not load, or a mistake of ours: say so, offer the way out. */
function Broken() {
  const { t } = useText();
  const error = useRouteError();
  return (
    <main className="notice" role="alert">
      <h1>{t('broken.title')}</h1>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <Button type="primary" onClick={() => location.reload()}>
        {t('broken.reload')}
      </Button>
    </main>
  );
}

const router = createBrowserRouter([
  { path: '/wall', element: <Wall />, errorElement: <Broken /> },
  {
    element: <Shell />,
    errorElement: <Broken />,
    children: [
      { path: '/', element: <Overview /> },
      { path: '/assets/:id', element: <AssetPage /> },
      { path: '/energy', element: <EnergyPage /> },
      { path: '/compare', element: <ComparePage /> },
      { path: '/alarms', element: <AlarmsPage /> },
      { path: '/tickets', element: <TicketsPage /> },
      { path: '/tickets/new', element: <NewTicket /> },
      { path: '/tickets/:id', element: <TicketPage /> },
      { path: '/kpi', element: <KPIPage /> },
      { path: '/rules', element: <RulesPage /> },
      { path: '/system', element: <SystemPage /> },
      { path: '*', element: <Navigate to="/" replace /> },
    ],
  },
]);

/** Nothing is shown before it is known who asks; the address survives the sign-in. */
export function App() {
  const { t } = useText();
  const client = useQueryClient();
  const session = useSession();
  const leaving = useSigningOut();
  if (session.isPending || leaving) return null;
  if (session.isError) {
    return (
      <main className="notice" role="alert">
        <h1>{t('away.title')}</h1>
        <p>{t('away.text')}</p>
        <Button type="primary" loading={session.isFetching} onClick={() => void client.refetchQueries()}>
          {t('away.retry')}
        </Button>
      </main>
    );
  }
  if (!session.data) return <SignIn />;
  return (
    <LiveProvider>
      <AlarmsByAsset>
        <Suspense fallback={null}>
          <RouterProvider router={router} />
        </Suspense>
      </AlarmsByAsset>
    </LiveProvider>
  );
}
