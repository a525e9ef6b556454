import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { reach, scoreLines } from "../src/picture/score_text";

const scores = fc.integer({ min: 350, max: 950 });

test("the score of now, and of a what-if the one above the other", () => {
  assert.deepEqual(
    scoreLines(435, 421).map(({ text }) => text),
    ["435", "→421"],
  );
  assert.deepEqual(
    scoreLines(435, null).map(({ text }) => text),
    ["435"],
  );
});

test("whatever a score is supposed to become, every figure of it lies within the shape", () => {
  fc.assert(
    fc.property(scores, fc.option(scores), (score, supposed) => {
      for (const line of scoreLines(score, supposed)) assert.ok(reach(line) <= 1, `${line.text}: ${reach(line)}`);
    }),
  );
});
