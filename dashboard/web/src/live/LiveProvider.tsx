import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError, call } from '../api/client';
import { forgetSession } from '../api/queries';
import { newDutyNews, runDuty, takeDuty } from '../duty/live';
import { Changes } from './changes';
import { fetchPast } from './past';
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
    const end = runStream({
      ...live,
      open: (after) => new EventSource(`/api/v1/live${after === '' ? '' : `?after=${encodeURIComponent(after)}`}`),
      signedOut,
      onSignedOut: () => forgetSession(client),
      onDuty: (data) => takeDuty(client, live.duty, data),
    });
    const endDuty = runDuty(client, live.store);
    const endPast = fetchPast(live.store, live.changes.before);
    return () => {
      endPast();
      endDuty();
      end();
      unwitness();
    };
  }, [live, client]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
