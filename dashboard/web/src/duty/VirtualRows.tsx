import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

const SPARE = 12; // rows beyond the screen, both ways

interface Props<T> {
  readonly label: string;
  readonly items: readonly T[];
  readonly id: (item: T) => string;
  readonly height: number; // px a row; each has the same
  readonly children: (item: T) => ReactNode;
}

/** A list in the page's own scroll that has only the rows near the screen; paper has all. */
export function VirtualRows<T>({ label, items, id, height, children }: Props<T>) {
  const host = useRef<HTMLUListElement>(null);
  const [range, setRange] = useState<readonly [number, number]>([0, 40]);
  const length = items.length;
  const look = useRef<() => void>(() => undefined);
  const whole = useRef<() => void>(() => undefined);
  useLayoutEffect(() => {
    look.current = () => {
      const top = host.current?.getBoundingClientRect().top ?? 0;
      const first = Math.max(0, Math.floor(-top / height) - SPARE);
      const last = Math.min(length, Math.ceil((window.innerHeight - top) / height) + SPARE);
      setRange(([a, b]) => (a === first && b === last ? [a, b] as const : [first, last] as const));
    };
    whole.current = () => setRange([0, length]);
    look.current();
  }, [length, height]);
  useEffect(() => {
    let frame = 0;
    const move = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => look.current());
    };
    window.addEventListener('scroll', move, { passive: true });
    window.addEventListener('resize', move);
    const print = () => {
      cancelAnimationFrame(frame);
      flushSync(() => whole.current());
    };
    window.addEventListener('beforeprint', print);
    window.addEventListener('afterprint', move);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', move);
      window.removeEventListener('resize', move);
      window.removeEventListener('beforeprint', print);
      window.removeEventListener('afterprint', move);
    };
  }, []);
  const [first, last] = range;
  return (
    <ul ref={host} className="vrows" aria-label={label} style={{ height: length * height }}>
      {items.slice(first, last).map((item, i) => (
        <li
          key={id(item)}
          className="vrow"
          aria-setsize={length}
          aria-posinset={first + i + 1}
          style={{ height, transform: `translateY(${(first + i) * height}px)` }}
        >
          {children(item)}
        </li>
      ))}
    </ul>
  );
}
