// Numbers, dates and points as text.

import { language } from "./language";

const locale = () => (language.value === "zh" ? "zh-CN" : "en-GB");

export const whole = (value: number): string => Math.round(value).toLocaleString(locale());

export const amount = (value: number): string =>
  value.toLocaleString(locale(), { maximumFractionDigits: 2, minimumFractionDigits: 0 });

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
export const day = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleDateString(locale(), {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });

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
