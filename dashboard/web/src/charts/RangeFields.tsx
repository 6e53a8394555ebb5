import { Button } from 'antd';
import { useId, useState } from 'react';
import { useText } from '../ui/useText';
import { LONGEST, SHORTEST } from './window';
import { fromField, toField } from './zone';

interface Props {
  readonly from: number; // ms
  readonly to: number;
  readonly zone: string;
  readonly onGo: (from: number, to: number) => void;
}

/** A free stretch of time, on the site's clocks. */
export function RangeFields({ from, to, zone, onGo }: Props) {
  const { t } = useText();
  const id = useId();
  const [first, setFirst] = useState(() => toField(from, zone).slice(0, 16));
  const [last, setLast] = useState(() => toField(to, zone).slice(0, 16));
  const [a, b] = [fromField(first, zone), fromField(last, zone)];
  const wrong = !(b - a >= SHORTEST && b - a <= LONGEST);
  return (
    <form
      className="range-fields"
      onSubmit={(e) => {
        e.preventDefault();
        if (!wrong) onGo(a, b);
      }}
    >
      <label>
        <span>{t('trend.from')}</span>
        <input type="datetime-local" value={first} onChange={(e) => setFirst(e.target.value)} aria-describedby={id} />
      </label>
      <label>
        <span>{t('trend.to')}</span>
        <input type="datetime-local" value={last} onChange={(e) => setLast(e.target.value)} aria-describedby={id} />
      </label>
      <Button size="small" type="primary" htmlType="submit" disabled={wrong}>
        {t('trend.go')}
      </Button>
      <span id={id} className={wrong ? 'range-wrong' : 'muted'} role={wrong ? 'alert' : undefined}>
        {wrong ? t('trend.wrongRange') : zone}
      </span>
    </form>
  );
}
