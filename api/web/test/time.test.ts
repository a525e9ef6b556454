import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PastScores } from "../src/api/types";
import { graphOf } from "../src/picture/graph";
import { spanOf, station } from "../src/picture/moments";
import { draw } from "../src/work/commands";
import { stalenessOf } from "../src/work/freshness";
import { EMPTY } from "../src/work/work";
import { link, pictureOf } from "./arbitraries";

const at = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000;
const from = (begin: string, end: string) => ({ begin: at(begin), end: at(end) });

test("the span of links is from the first to the last that began, where there are two times", () => {
  const dated = (first: number | null) => link("a", "b", "PAYS", { first });
  assert.deepEqual(spanOf([dated(5), dated(null), dated(2), dated(9)]), { begin: 2, end: 9 });
  assert.equal(spanOf([dated(5), dated(5), dated(null)]), null);
  assert.equal(spanOf([]), null);
});

test("scores are asked for as of the beginning of a day, week, month, quarter or year, by the length of the span", () => {
  const noon = at("2025-08-20") + 43_200; // a Wednesday
  assert.equal(station(noon, from("2025-08-10", "2025-08-30")), at("2025-08-20"));
  assert.equal(station(noon, from("2025-06-01", "2025-09-30")), at("2025-08-18"));
  assert.equal(station(noon, from("2025-01-01", "2025-12-31")), at("2025-08-01"));
  assert.equal(station(noon, from("2021-01-01", "2025-12-31")), at("2025-07-01"));
  assert.equal(station(noon, from("1990-01-01", "2025-12-31")), at("2025-01-01"));
});

test("scores are never of a later time than is shown, and playing a span of up to two dozen years asks few times", () => {
  const seconds = fc.integer({ min: 1, max: 24 * 365 * 86_400 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_700_000_000 }), seconds, (begin, length) => {
      const span = { begin, end: begin + length };
      const bars = Array.from({ length: 61 }, (_, i) => begin + (i * length) / 60);
      for (const until of bars) assert.ok(station(until, span) <= until);
      assert.ok(new Set(bars.map((until) => station(until, span))).size <= 26);
    }),
  );
});

test("the picture of the past shows the scores of then, and none of those who were not known", () => {
  const places = draw(
    null,
    new Map([
      ["a", { x: 0, y: 0 }],
      ["b", { x: 1, y: 0 }],
    ]),
  ).apply(EMPTY);
  const past = {
    scores: [
      { party: "a", known: true, score: 480, level: "very_high", known_bad: true },
      { party: "b", known: false, score: null, level: null, known_bad: false },
    ],
  } as unknown as PastScores;
  const picture = pictureOf({ a: {}, b: {} }, []);
  const [a, b] = graphOf(picture, places, past).nodes;
  assert.deepEqual([a?.score, a?.level, a?.knownBad], [480, "very_high", true]);
  assert.deepEqual([b?.score, b?.level, b?.knownBad], [null, null, false]);
  assert.deepEqual(graphOf(picture, places).nodes[0]?.score, 600);
});

test("answers are stale when events, a snapshot or a model came in, and not beside a process that is behind", () => {
  const mine = { status: "ready" as const, snapshot: "s", revision: 5, model: "m", engine: "e" };
  assert.equal(stalenessOf(mine, mine), null);
  assert.equal(stalenessOf(mine, { ...mine, revision: 4 }), null);
  assert.equal(stalenessOf(mine, { ...mine, revision: 6 }), "events");
  assert.equal(stalenessOf(mine, { ...mine, revision: 6, snapshot: "t" }), "snapshot");
  assert.equal(stalenessOf(mine, { ...mine, model: "n", snapshot: "t" }), "model");
});
