// Numbers, dates and points as text.

import { language } from "./language";

const locale = () => (language.value === "zh" ? "zh-CN" : "en-GB");

/** A formatter for the language of the page, made once for each: making one takes longer than a thousand uses. */
function forLanguage<Format>(make: (locale: string) => Format): () => Format {
  const made = new Map<string, Format>();
  return () => {
    const known = made.get(locale()) ?? make(locale());
    made.set(locale(), known);
    return known;
  };
}

const wholes = forLanguage((one) => new Intl.NumberFormat(one, { maximumFractionDigits: 0 }));
const amounts = forLanguage((one) => new Intl.NumberFormat(one, { maximumFractionDigits: 2 }));
const IN_UTC = { month: "short", year: "numeric", timeZone: "UTC" } as const;
const days = forLanguage((one) => new Intl.DateTimeFormat(one, { ...IN_UTC, day: "numeric" }));
const months = forLanguage((one) => new Intl.DateTimeFormat(one, IN_UTC));

export const whole = (value: number): string => wholes().format(Math.round(value));

export const amount = (value: number): string => amounts().format(value);

export function percent(share: number): string {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return share.toLocaleString(locale(), { style: "percent", maximumFractionDigits: digits });
}

/** A change with its sign: +23, −107, 0. */
export function signed(points: number): string {
  const rounded = Math.round(points);
  return rounded === 0 ? "0" : `${rounded > 0 ? "+" : "−"}${Math.abs(rounded)}`;
}

/** A day; times are seconds since 1970, in UTC. */
export const day = (seconds: number): string => days().format(new Date(seconds * 1000));

/** A month and its year; times are seconds since 1970, in UTC. */
export const month = (seconds: number): string => months().format(new Date(seconds * 1000));

export const moment = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });

/** How long something lasts or is ago, in its largest unit: 5 min, 2 h, 3 d. */
export function span(seconds: number): string {
  const units = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const;
  const [unit, size] = units.find(([, one]) => seconds >= one) ?? (["second", 1] as const);
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "narrow" }).format(
    Math.round(seconds / size),
  );
}

/** A name of a kind of links or of an attribute, as words: ORDERS_FROM is "orders from". */
export const words = (name: string): string => name.replaceAll("_", " ").toLowerCase();

const SEGMENTS = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The beginning of a text, of at most so many characters as a reader counts them. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept: string[] = [];
  for (const { segment } of SEGMENTS.segment(text)) {
    if (kept.length === most) return `${kept.slice(0, most - 1).join("")}…`;
    kept.push(segment);
  }
  return kept.join("");
}
