import { Alert, Button, Input, Select } from 'antd';
import { useId, useState } from 'react';
import { fromField, toField } from '../charts/zone';
import { useLive } from '../live/hooks';
import { formatDuration, formatTime } from '../points/format';
import { useText } from '../ui/useText';

const MINUTE = 60_000;

interface Option {
  readonly value: string;
  readonly label: string;
}

/** One thing to fill in. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind: 'text' | 'line' | 'choice' | 'for' | 'when' | 'was';
  readonly required?: boolean;
  readonly options?: readonly Option[]; // of choice
  readonly lengths?: readonly number[]; // of for: minutes from now
  readonly search?: boolean;
}

interface Props {
  readonly fields: readonly Field[];
  readonly zone: string;
  readonly submit: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly initial?: Readonly<Record<string, string>>;
  /** Values by name; those of for, when and was are RFC 3339. */
  readonly onSubmit: (values: Record<string, string>) => void;
  readonly onCancel?: () => void;
}

function Control({ field, id, value, zone, onChange }: { field: Field; id: string; value: string; zone: string; onChange: (v: string) => void }) {
  const { t, time } = useText();
  const { clock } = useLive();
  switch (field.kind) {
    case 'text':
      return (
        <Input.TextArea id={id} value={value} maxLength={4000} autoSize={{ minRows: 2, maxRows: 8 }} onChange={(e) => onChange(e.target.value)} />
      );
    case 'line':
      return <Input id={id} value={value} maxLength={200} onChange={(e) => onChange(e.target.value)} />;
    case 'choice':
      return (
        <Select
          id={id}
          aria-label={field.label}
          value={value === '' ? null : value}
          showSearch={field.search === true ? { optionFilterProp: 'label' } : false}
          options={[...(field.options ?? [])]}
          onChange={(v: string | null) => onChange(v ?? '')}
        />
      );
    case 'for':
      return (
        <>
          <Select
            id={id}
            aria-label={field.label}
            value={value === '' ? null : value}
            options={(field.lengths ?? []).map((m) => ({ value: String(m), label: formatDuration(m * MINUTE, time) }))}
            onChange={(v: string | null) => onChange(v ?? '')}
          />
          {value !== '' && (
            <span className="muted form-until">
              {t('form.until', { at: formatTime(clock.now() + Number(value) * MINUTE, zone).slice(0, 16) })}
            </span>
          )}
        </>
      );
    case 'when':
    case 'was': {
      const now = toField(clock.now(), zone).slice(0, 16);
      const bound = field.kind === 'when' ? { min: now } : { max: now };
      return <input id={id} className="when" type="datetime-local" value={value} {...bound} onChange={(e) => onChange(e.target.value)} />;
    }
  }
}

/** A few fields and a button; what the gateway refuses is said in its words. */
export function ActionForm({ fields, zone, submit, danger = false, busy, error, initial = {}, onSubmit, onCancel }: Props) {
  const { t } = useText();
  const { clock } = useLive();
  const [values, setValues] = useState<Record<string, string>>(initial);
  const form = useId();
  const missing = fields.some((f) => f.required === true && (values[f.name] ?? '').trim() === '');
  const send = () => {
    const out: Record<string, string> = {};
    for (const f of fields) {
      const v = (values[f.name] ?? '').trim();
      if (v === '') continue;
      const ms = f.kind === 'for' ? clock.now() + Number(v) * MINUTE : f.kind === 'when' || f.kind === 'was' ? fromField(v, zone) : NaN;
      out[f.name] = Number.isNaN(ms) ? v : new Date(ms).toISOString();
    }
    onSubmit(out);
  };
  return (
    <form
      className="action-form"
      onSubmit={(e) => {
        e.preventDefault();
        if (!missing && !busy) send();
      }}
    >
      {fields.map((f) => (
        <div key={f.name} className="form-field" data-field={f.name}>
          <label htmlFor={`${form}${f.name}`}>
            {f.label}
            {(f.kind === 'when' || f.kind === 'was') && <span className="muted"> ({zone})</span>}
            {f.required !== true && <span className="muted"> · {t('form.optional')}</span>}
          </label>
          <Control field={f} id={`${form}${f.name}`} value={values[f.name] ?? ''} zone={zone} onChange={(v) => setValues({ ...values, [f.name]: v })} />
        </div>
      ))}
      {error && <Alert type="error" showIcon title={error.message} />}
      <div className="form-buttons">
        <Button type="primary" htmlType="submit" danger={danger} size="large" loading={busy} disabled={missing} data-testid="submit">
          {submit}
        </Button>
        {onCancel && (
          <Button size="large" onClick={onCancel}>
            {t('form.back')}
          </Button>
        )}
      </div>
    </form>
  );
}
