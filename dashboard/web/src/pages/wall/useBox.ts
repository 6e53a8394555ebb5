import { type RefObject, useLayoutEffect, useRef, useState } from 'react';

/** An element's width and height in whole px, as they change. */
export function useBox<T extends HTMLElement>(): [RefObject<T | null>, number, number] {
  const ref = useRef<T>(null);
  const [[width, height], setSize] = useState<readonly [number, number]>([0, 0]);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setSize([Math.floor(element.clientWidth), Math.floor(element.clientHeight)]);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width, height];
}
