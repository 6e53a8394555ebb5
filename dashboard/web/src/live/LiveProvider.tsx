import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError, call } from '../api/client';
import { forgetSession } from '../api/queries';
import { Clock } from './clock';
import { type Live, LiveContext } from './hooks';
import { LiveStore } from './store';
import { runStream } from './stream';

async function signedOut(): Promise<boolean> {
  try {
    await call('/session');
    return false;
  } catch (e) {
    return e instanceof ApiError && e.status === 401;
  }
}

/** Owns the live store and its stream for as long as somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [live] = useState<Live>(() => ({
    store: new LiveStore((f) => requestAnimationFrame(f)),
    clock: new Clock(),
  }));
  useEffect(
    () =>
      runStream({
        ...live,
        open: () => new EventSource('/api/v1/live'),
        signedOut,
        onSignedOut: () => forgetSession(client),
      }),
    [live, client],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}
