import { useState } from 'react';
import { useAttach } from '../../duty/queries';
import type { TicketEvent } from '../../duty/types';
import { formatBytes } from '../../points/format';
import { useText } from '../../ui/useText';
import { PHOTO_LIMIT, PHOTO_TYPES, shrink } from './photo';

export const photoURL = (id: string): string => `/api/v1/attachments/${encodeURIComponent(id)}`;

/** The photos of a ticket, and two ways to add one: the camera, and what is on the phone. */
export function Photos({ ticket, timeline, canAdd }: { ticket: string; timeline: readonly TicketEvent[]; canAdd: boolean }) {
  const { t, language } = useText();
  const attach = useAttach(ticket);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(0);
  const photos = timeline.flatMap((e) => (e.attach ? [e.attach] : []));
  const send = async (files: readonly File[]) => {
    setError('');
    setBusy(files.length);
    for (const file of files) {
      try {
        const small = await shrink(file);
        if (small.size > PHOTO_LIMIT) throw new Error(t('photo.tooLarge', { name: file.name, size: formatBytes(small.size, language), most: formatBytes(PHOTO_LIMIT, language) }));
        await attach.mutateAsync({ file: small, name: file.name });
      } catch (e) {
        setError(`${file.name}: ${e instanceof Error ? e.message : String(e)}`);
      }
      setBusy((n) => n - 1);
    }
  };
  const input = (label: string, camera: boolean) => (
    <label className="ant-btn-like photo-add">
      {label}
      <input
        type="file"
        className="sr"
        accept={PHOTO_TYPES}
        multiple={!camera}
        disabled={busy > 0}
        {...(camera && { capture: 'environment' as const })}
        onChange={(e) => {
          const files = [...(e.target.files ?? [])];
          e.target.value = '';
          void send(files);
        }}
      />
    </label>
  );
  if (photos.length === 0 && !canAdd) return null;
  return (
    <section className="panel" aria-label={t('photo.title')}>
      <h2>{t('photo.title')}</h2>
      {photos.length > 0 && (
        <div className="photos">
          {photos.map((p) => (
            <a key={p.id} href={photoURL(p.id)} target="_blank" rel="noreferrer">
              <img src={photoURL(p.id)} alt={p.name} loading="lazy" decoding="async" />
            </a>
          ))}
        </div>
      )}
      {canAdd && (
        <div className="photo-buttons">
          {input(t('photo.camera'), true)}
          {input(t('photo.choose'), false)}
          {busy > 0 && <span role="status">{t('photo.sending', { n: busy })}</span>}
        </div>
      )}
      {error !== '' && (
        <p role="alert" className="step-error">
          {error}
        </p>
      )}
    </section>
  );
}
