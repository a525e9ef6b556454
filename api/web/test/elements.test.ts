import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, elementsOf, LABELLED_BELOW } from "../src/picture/elements";
import { graphOf } from "../src/picture/graph";
import { draw } from "../src/work/commands";
import { EMPTY } from "../src/work/work";
import { link, pictureOf } from "./arbitraries";

const NOBODY = { open: [], cursor: null, line: null, path: [] };
const places = (ids: readonly string[]) => draw(null, new Map(ids.map((id, x) => [id, { x, y: 0 }]))).apply(EMPTY);
const three = graphOf(
  pictureOf({ a: {}, b: {}, c: {} }, [link("a", "b", "PAYS", { amount: 900 }), link("b", "c", "PAYS")]),
  places(["a", "b", "c"]),
);

test("parties come before lines, each where it is", () => {
  const found = [...elementsOf(three, NOBODY).values()];
  assert.deepEqual(
    found.map(({ group }) => group),
    ["nodes", "nodes", "nodes", "edges", "edges"],
  );
  assert.deepEqual(
    found.slice(0, 3).map(({ position }) => position?.x),
    [0, 1, 2],
  );
});

test("what is open, where the keyboard is and what lies off a path is marked", () => {
  const marked = elementsOf(three, { open: ["a"], cursor: "c", line: null, path: ["a", "b"] });
  const classes = [...marked.values()].map((one) => one.classes);
  assert.deepEqual(classes, ["open", "", "cursor faint", "along near labelled", "faint labelled"]);
});

test("many parties are a crowd, without labels on their lines", () => {
  const ids = Array.from({ length: LABELLED_BELOW + 1 }, (_, i) => `p${i}`);
  const none = Object.fromEntries(ids.map((id) => [id, {}]));
  const found = [...elementsOf(graphOf(pictureOf(none, [link("p0", "p1", "PAYS")]), places(ids)), NOBODY).values()];
  assert.equal(found[0]?.classes, "crowded");
  assert.equal(found.at(-1)?.classes, "");
});

test("an element is like another with the same data, wherever it lies", () => {
  const [a, b] = [...elementsOf(three, NOBODY).values()];
  assert.ok(a !== undefined && b !== undefined);
  assert.ok(alike(a, { ...a, position: { x: 9, y: 9 } }));
  assert.ok(!alike(a, b));
});
