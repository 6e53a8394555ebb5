import { useMemo } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { ActionForm, type Field } from '../../duty/ActionForm';
import { useNames } from '../../duty/names';
import { useReport } from '../../duty/queries';
import { PRIORITIES, type Report, TICKET_CLASSES } from '../../duty/types';
import { areaTree, flatten } from '../../live/areas';
import { useDescription } from '../../live/hooks';
import { unitChoices } from '../../live/units';
import { useText } from '../../ui/useText';
import '../../duty/lists.css';
import './tickets.css';

const TRADES = [
  'electrician', 'plumber', 'lift_contractor', 'fire_contractor', 'mechanic', 'security', 'iot', 'property', 'instrument', 'engineer', 'duty',
  'water_hygiene',
] as const;

/** A resident's report becomes a ticket. */
export default function NewTicket() {
  const { t, language } = useText();
  const navigate = useNavigate();
  const [asked] = useSearchParams();
  const names = useNames();
  const description = useDescription();
  const report = useReport();
  const fields = useMemo<Field[]>(() => {
    const assets = description?.assets ?? [];
    const areas = flatten(areaTree(description?.site.areas ?? []));
    return [
      { name: 'title', kind: 'line', label: t('report.title'), required: true },
      { name: 'detail', kind: 'text', label: t('report.detail') },
      { name: 'unit', kind: 'choice', search: true, label: t('report.unit'), options: unitChoices(names.units, assets, language) },
      { name: 'asset', kind: 'choice', search: true, label: t('report.asset'), options: assets.map((a) => ({ value: a.id, label: names.asset(a.id) })) },
      { name: 'area', kind: 'choice', search: true, label: t('report.area'), options: areas.map((n) => ({ value: n.area.id, label: names.area(n.area.id) })) },
      { name: 'class', kind: 'choice', required: true, label: t('form.class'), options: TICKET_CLASSES.map((c) => ({ value: c, label: t(`ticketClassLong.${c}`) })) },
      { name: 'priority', kind: 'choice', required: true, label: t('dutyFilter.priority'), options: PRIORITIES.map((p) => ({ value: p, label: `${p} ${t(`priority.${p}`)}` })) },
      { name: 'trade', kind: 'choice', label: t('ticket.trade'), options: TRADES.map((x) => ({ value: x, label: t(`trade.${x}`) })) },
    ];
  }, [description, names, t, language]);
  const initial = { class: 'simple', priority: 'P3', unit: asked.get('unit') ?? '', asset: asked.get('asset') ?? '', area: asked.get('area') ?? '' };
  return (
    <div className="duty-page new-ticket">
      <header>
        <p className="crumbs">
          <Link to="/tickets">{t('tickets.title')}</Link>
        </p>
        <h1>{t('tickets.new')}</h1>
      </header>
      <section className="panel">
        <ActionForm
          fields={fields}
          zone={names.zone}
          submit={t('report.submit')}
          initial={initial}
          busy={report.isPending}
          error={report.error}
          onSubmit={(values) =>
            report.mutate(values as unknown as Report, {
              onSuccess: ({ tickets }) => void navigate(tickets[0] ? `/tickets/${tickets[0].id}` : '/tickets', { replace: true }),
            })
          }
          onCancel={() => void navigate('/tickets')}
        />
      </section>
    </div>
  );
}
