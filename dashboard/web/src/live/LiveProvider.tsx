import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError, call } from '../api/client';
import { forgetSession } from '../api/queries';
import { newDutyNews, runDuty, takeDuty } from '../duty/live';
import { Changes } from './changes';
import { fetchPast } from './past';
import { Clock } from './clock';
import { type Focus, followFocus } from './focus';
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

function addressOf(after: string, focus: Focus): string {
  const q = new URLSearchParams();
  if (after !== '') q.set('after', after);
  if (focus !== null) q.set('focus', focus.join(','));
  return q.size === 0 ? '/api/v1/live' : `/api/v1/live?${q}`;
}

function newLive(): Live {
  const clock = new Clock();
  return {
    store: new LiveStore((f) => requestAnimationFrame(f)),
    clock,
    changes: new Changes(() => clock.now()),
    duty: newDutyNews(),
  };
}

/** Owns the live store and its stream for as long as somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [live] = useState(newLive);
  useEffect(() => {
    const unwitness = live.store.witness(live.changes.take);
    const stream = runStream({
      ...live,
      open: (after, focus) => new EventSource(addressOf(after, focus)),
      signedOut,
      onSignedOut: () => forgetSession(client),
      onDuty: (data) => takeDuty(client, live.duty, data),
    });
    const endDuty = runDuty(client, live.store);
    const endFocus = followFocus(live.store, stream.look);
    const endPast = fetchPast(live.store, live.changes.before);
    return () => {
      endPast();
      endFocus();
      endDuty();
      stream.end();
      unwitness();
    };
  }, [live, client]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
