import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { about, address, Problem } from "../src/api/client";
import { Answers } from "../src/api/resource";
import type { ExplanationAnswer, PartyLink } from "../src/api/types";
import { flows } from "../src/view/dossier/links";
import { byMonth } from "../src/view/dossier/money";
import { sumOf } from "../src/view/dossier/waterfall";
import { scoreOf } from "../src/view/picture/highlights";
import { en } from "../src/words/en";
import { shortened } from "../src/words/format";
import { zh } from "../src/words/zh";

test("an id is one segment of a path, whatever stands in it", () => {
  assert.equal(about("scores", "a/b?c#d e"), "/v1/scores/a%2Fb%3Fc%23d%20e");
  assert.equal(address("/v1/parties", { q: "a&b", limit: 5, cursor: null }), "/v1/parties?q=a%26b&limit=5");
});

const explanation = (points: Record<string, number>, score: number | null, capped = 0) =>
  ({ base_score: 572, points, capped_points: capped, score: { score } }) as unknown as ExplanationAnswer;

test("a waterfall's parts sum to the score that is shown, held within its scale or not", () => {
  const points = fc.dictionary(
    fc.constantFrom("own", "money", "trust", "work", "social"),
    fc.integer({ min: -300, max: 300 }),
  );
  fc.assert(
    fc.property(points, fc.integer({ min: -50, max: 50 }), (parts, capped) => {
      const whole = 572 + capped + Object.values(parts).reduce((sum, one) => sum + one, 0);
      const score = Math.min(950, Math.max(350, whole));
      const sum = sumOf(explanation(parts, score, capped));
      const total = sum?.parts.reduce((all, part) => all + part.points, sum.base) ?? Number.NaN;
      assert.ok(Math.abs(total - score) < 0.5);
    }),
  );
});

test("a purpose of yes and no has no waterfall", () => {
  const closed = { ...explanation({}, null), base_score: null };
  assert.equal(sumOf(closed), null);
});

test("fifty points double the odds, and 650 are the odds at which the scale begins", () => {
  assert.equal(scoreOf(0.05, 0.05 / 0.95), 650);
  const doubled = (2 * 0.05) / 0.95;
  assert.equal(scoreOf(doubled / (1 + doubled), 0.05 / 0.95), 600);
  assert.equal(scoreOf(0.9999999, 0.05), 350);
});

test("money is summed by counterparty, for each direction", () => {
  const paid = (party: string, direction: "in" | "out", amount: number | null, category = "money") =>
    ({ party, direction, amount, category, count: 1 }) as PartyLink;
  const links = [
    paid("a", "in", 5),
    paid("b", "in", 20),
    paid("a", "in", 7),
    paid("a", "out", 1),
    paid("a", "in", 9, "contact"),
  ];
  assert.deepEqual(flows(links, "in"), [
    { party: "b", amount: 20, links: 1 },
    { party: "a", amount: 12, links: 2 },
  ]);
});

test("money is summed by month, the newest first, where it has a date and an amount", () => {
  const paid = (date: string | null, direction: "in" | "out", amount: number | null) =>
    ({
      party: "a",
      direction,
      amount,
      category: "money",
      first: date === null ? null : Date.parse(date) / 1000,
    }) as PartyLink;
  const links = [
    paid("2025-08-31T23:59:59Z", "in", 5),
    paid("2025-08-01T00:00:00Z", "out", 7),
    paid("2025-10-02T00:00:00Z", "in", 1),
    paid("2025-10-03T00:00:00Z", "in", null),
    paid(null, "in", 100),
  ];
  assert.deepEqual(byMonth(links), [
    { begin: Date.parse("2025-10-01T00:00:00Z") / 1000, in: 1, out: 0 },
    { begin: Date.parse("2025-08-01T00:00:00Z") / 1000, in: 5, out: 7 },
  ]);
});

test("a question is asked once, a failure can be tried again, and a stopped one says so", async () => {
  let asked = 0;
  const answers = new Answers();
  const ask = async () => {
    asked += 1;
    if (asked === 1) throw new Problem(503, "away");
    return asked;
  };
  const state = answers.of("q", ask);
  assert.equal(answers.of("q", ask), state);
  await new Promise((done) => setTimeout(done));
  const failed = state.value;
  assert.equal(failed.is === "failed" && failed.problem.status, 503);
  if (failed.is === "failed") failed.retry();
  await new Promise((done) => setTimeout(done));
  assert.deepEqual(state.value, { is: "ready", value: 2 });
  const slow = answers.of("slow", () => new Promise<number>(() => {}));
  const waiting = slow.value;
  if (waiting.is === "waiting") waiting.stop();
  assert.equal(slow.peek().is, "failed");
});

test("both languages have every text, with the same values in it", () => {
  for (const [key, text] of Object.entries(en)) {
    const values = (one: string) => [...one.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(values(zh[key as keyof typeof zh]), values(text), key);
  }
});

test("a shortened name keeps whole characters as a reader counts them", () => {
  assert.equal(shortened("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 2), "👨‍👩‍👧…");
  assert.equal(shortened("short", 10), "short");
  assert.ok(shortened("x".repeat(10_000), 26).length === 26);
});
