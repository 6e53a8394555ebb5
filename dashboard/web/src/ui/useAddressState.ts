import { useEffect, useState } from 'react';
import { useLocation } from 'react-router';

/**
 * State kept in the address, so that it can be shared and survives going back.
 * The address follows the state without a navigation, because typing and
 * ticking must never wait for the router; a real navigation sets the state.
 * read and write are each other's inverse and do not change.
 */
export function useAddressState<T extends object>(
  read: (q: URLSearchParams) => T,
  write: (state: T) => URLSearchParams,
): [T, (next: Partial<T>) => void] {
  const { key, search } = useLocation();
  const [at, setAt] = useState(key);
  const [state, setState] = useState(() => read(new URLSearchParams(search)));
  if (at !== key) {
    setAt(key);
    setState(read(new URLSearchParams(search)));
  }
  useEffect(() => {
    const q = write(state).toString();
    const address = q === '' ? location.pathname : `${location.pathname}?${q}`;
    if (address !== location.pathname + location.search) history.replaceState(history.state, '', address);
  }, [state, write]);
  return [state, (next) => setState((old) => ({ ...old, ...next }))];
}
