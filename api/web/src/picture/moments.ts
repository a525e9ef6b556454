// The time of the drawn links: from when until when they began, and the days of which scores are asked for.

export interface Span {
  /** Seconds since 1970, as all times. */
  readonly begin: number;
  readonly end: number;
}

/** When the first and the last of some links began; null where fewer than two different times are known. */
export function spanOf(links: readonly { readonly first: number | null }[]): Span | null {
  const dates = links.flatMap(({ first }) => (first === null ? [] : [first]));
  const begin = dates.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const end = dates.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  return begin < end ? { begin, end } : null;
}

const DAY = 86_400;
const MOST_STATIONS = 24;
type Unit = "day" | "week" | "month" | "quarter" | "year";
const UNITS: readonly (readonly [Unit, number])[] = [
  ["day", DAY],
  ["week", 7 * DAY],
  ["month", 30.4 * DAY],
  ["quarter", 91.3 * DAY],
];

/**
 * As of when scores are asked for while links are drawn until a time: the last beginning of a day, week, month, quarter
 * or year (UTC) before it, the shortest of which the span has at most 24. So playing it asks for a few of them.
 */
export function station(until: number, { begin, end }: Span): number {
  const unit = UNITS.find(([, length]) => (end - begin) / length <= MOST_STATIONS)?.[0] ?? "year";
  const at = new Date(until * 1000);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  switch (unit) {
    case "day":
      return Date.UTC(year, month, day) / 1000;
    case "week":
      return Date.UTC(year, month, day - ((at.getUTCDay() + 6) % 7)) / 1000;
    case "month":
      return Date.UTC(year, month) / 1000;
    case "quarter":
      return Date.UTC(year, month - (month % 3)) / 1000;
    case "year":
      return Date.UTC(year, 0) / 1000;
  }
}
