import { Button, Input } from 'antd';
import { useId, useState } from 'react';
import { Link } from 'react-router';
import { useText } from '../../ui/useText';
import { type View, parseViews, withView } from './choice';

const KEY = 'steward.views';

// Storage may be forbidden; views then last as long as the page.

function kept(): View[] {
  try {
    return parseViews(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}

function keep(views: readonly View[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(views));
  } catch {
    // See above.
  }
}

/** Comparisons under names of this browser, and the address that can be sent. */
export function Views({ query, empty }: { query: string; empty: boolean }) {
  const { t } = useText();
  const [views, setViews] = useState(kept);
  const [name, setName] = useState('');
  const [copied, setCopied] = useState(false);
  const id = useId();
  const adopt = (next: View[]) => {
    setViews(next);
    keep(next);
  };
  const address = `${location.origin}/compare${query === '' ? '' : `?${query}`}`;
  const sends = 'clipboard' in navigator; // only where the page is served safely
  return (
    <section className="panel views" aria-label={t('compare.views')}>
      <h2>{t('compare.views')}</h2>
      <p className="muted">{t('compare.here')}</p>
      <form
        className="views-save"
        onSubmit={(e) => {
          e.preventDefault();
          adopt(withView(views, name, query));
          setName('');
        }}
      >
        <label className="sr" htmlFor={id}>
          {t('compare.name')}
        </label>
        <Input id={id} value={name} maxLength={60} placeholder={t('compare.name')} onChange={(e) => setName(e.target.value)} data-testid="view-name" />
        <Button htmlType="submit" disabled={empty || name.trim() === ''} data-testid="view-save">
          {t('compare.save')}
        </Button>
      </form>
      {views.length > 0 && (
        <ul className="views-list">
          {views.map((v) => (
            <li key={v.name}>
              <Link to={`/compare?${v.query}`}>{v.name}</Link>
              <Button size="small" type="text" aria-label={t('compare.forget', { name: v.name })} onClick={() => adopt(views.filter((x) => x !== v))}>
                ✕
              </Button>
            </li>
          ))}
        </ul>
      )}
      {!empty && sends && (
        <Button
          size="small"
          onClick={() => {
            void navigator.clipboard.writeText(address).then(
              () => setCopied(true),
              () => setCopied(false),
            );
          }}
        >
          {copied ? t('compare.copied') : t('compare.copy')}
        </Button>
      )}
    </section>
  );
}
