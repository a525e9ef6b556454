import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../src/picture/paint";
import { type Box, partyBoxes, ringNamePoint, textBox } from "../src/picture/ring_names";

const MEMBERS = [
  [0, 0],
  [200, 0],
  [100, 150],
] as const;
const NAME = "Ring 2e60 · 3 members";

const meet = (one: Box, other: Box): boolean =>
  one.x1 < other.x2 && other.x1 < one.x2 && one.y1 < other.y2 && other.y1 < one.y2;

test("the name of a ring stands above its outline where nobody is in the way", () => {
  const [x, y] = ringNamePoint(NAME, around(MEMBERS), []);
  assert.ok(x >= 0 && x <= 200 && y < -40);
});

test("it stands elsewhere around the outline where a party lies above it", () => {
  const name = "Somebody of a long name";
  const taken = [
    ...partyBoxes([0, -70], 19, name),
    ...partyBoxes([100, -70], 19, name),
    ...partyBoxes([200, -70], 19, name),
  ];
  const box = textBox(NAME, ringNamePoint(NAME, around(MEMBERS), taken));
  assert.ok(taken.every((one) => !meet(box, one)));
});

test("the names of two rings of the same members do not cover each other", () => {
  const first = textBox(NAME, ringNamePoint(NAME, around(MEMBERS), []));
  const second = textBox(NAME, ringNamePoint(NAME, around(MEMBERS), [first]));
  assert.ok(!meet(first, second));
});
