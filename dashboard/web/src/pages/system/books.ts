/** What became of the entries received in one hour, for one reader. */
export interface BookHour {
  readonly hour: string;
  readonly reader: string;
  readonly produced: number;
  readonly stored: number;
  readonly waiting: number;
  readonly dropped: Readonly<Record<string, number>> | null;
}

/** The books of one reader over some hours. */
export interface Balance {
  readonly reader: string;
  readonly produced: number;
  readonly stored: number;
  readonly waiting: number;
  readonly dropped: readonly (readonly [string, number])[];
  readonly balanced: boolean; // in every hour, not only in sum
}

const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0);

export function isBalanced(h: BookHour): boolean {
  return h.produced === h.stored + h.waiting + sum(Object.values(h.dropped ?? {}));
}

/** Each reader's books, readers by name. */
export function balances(hours: readonly BookHour[]): Balance[] {
  const readers = [...new Set(hours.map((h) => h.reader))].sort();
  return readers.map((reader) => {
    const own = hours.filter((h) => h.reader === reader);
    const dropped = new Map<string, number>();
    for (const h of own) for (const [why, n] of Object.entries(h.dropped ?? {})) if (n > 0) dropped.set(why, (dropped.get(why) ?? 0) + n);
    return {
      reader,
      produced: sum(own.map((h) => h.produced)),
      stored: sum(own.map((h) => h.stored)),
      waiting: sum(own.map((h) => h.waiting)),
      dropped: [...dropped],
      balanced: own.every(isBalanced),
    };
  });
}

/** Hours that a person may ask about: something was dropped or does not add up, or still waits although its hour is over. */
export function oddHours(hours: readonly BookHour[]): BookHour[] {
  const newest = hours.reduce((a, h) => (h.hour > a ? h.hour : a), '');
  return hours.filter((h) => (h.waiting > 0 && h.hour !== newest) || Object.values(h.dropped ?? {}).some((n) => n > 0) || !isBalanced(h));
}
