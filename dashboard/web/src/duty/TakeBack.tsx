import { Button } from 'antd';
import { useState } from 'react';
import { useText } from '../ui/useText';
import { useSetFact } from './queries';
import type { Fact } from './ruletypes';

/** Whether people told a fact: only that can be taken back, not what the site file says. */
export function takesBack(f: Pick<Fact, 'at'>): boolean {
  return f.at !== undefined && Date.parse(f.at) > 0;
}

/** Takes back what was told by mistake, after it was asked whether that is meant. */
export function TakeBack({ fact, what }: { fact: Fact; what: string }) {
  const { t } = useText();
  const [asking, setAsking] = useState(false);
  const drop = useSetFact();
  const of = fact.unit !== undefined && fact.unit !== '' ? { unit: fact.unit } : fact.asset !== undefined ? { asset: fact.asset } : {};
  return (
    <details className="take-back" open={asking} onToggle={(e) => setAsking(e.currentTarget.open)}>
      <summary>{t('facts.mistake')}</summary>
      {asking && (
        <div className="take-back-ask" role="group" aria-label={t('facts.mistake')}>
          <p>{t('facts.takeBackAsk', { what })}</p>
          {drop.error && (
            <p role="alert" className="duty-unknown">
              {drop.error.message}
            </p>
          )}
          <div className="form-buttons">
            <Button
              type="primary"
              loading={drop.isPending}
              disabled={drop.isSuccess}
              onClick={() => drop.mutate({ name: fact.name, number: 0, drop: true, ...of })}
              data-testid="take-back"
            >
              {t('facts.takeBack')}
            </Button>
            <Button
              onClick={() => {
                drop.reset();
                setAsking(false);
              }}
            >
              {t('form.back')}
            </Button>
          </div>
        </div>
      )}
    </details>
  );
}
