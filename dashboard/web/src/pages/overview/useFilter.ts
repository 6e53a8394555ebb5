import { useEffect, useState } from 'react';
import { useLocation } from 'react-router';
import { type Filter, readFilter, writeFilter } from './filter';

/**
 * The filter, kept in the address so that it can be shared and survives going
 * back. The address follows the filter without a navigation, because typing
 * must never wait for the router; a real navigation sets the filter.
 */
export function useFilter(): [Filter, (next: Partial<Filter>) => void] {
  const { key, search } = useLocation();
  const [at, setAt] = useState(key);
  const [filter, setFilter] = useState(() => readFilter(new URLSearchParams(search)));
  if (at !== key) {
    setAt(key);
    setFilter(readFilter(new URLSearchParams(search)));
  }
  useEffect(() => {
    const q = writeFilter(filter).toString();
    const address = q === '' ? location.pathname : `${location.pathname}?${q}`;
    if (address !== location.pathname + location.search) history.replaceState(history.state, '', address);
  }, [filter]);
  return [filter, (next) => setFilter((old) => ({ ...old, ...next }))];
}
