import assert from "node:assert/strict";
import { test } from "node:test";
import { along, graphOf } from "../src/picture/graph";
import { hull } from "../src/picture/shapes";
import { draw } from "../src/work/commands";
import { EMPTY } from "../src/work/work";
import { link, pictureOf } from "./arbitraries";

const places = (at: Readonly<Record<string, readonly [number, number]>>) =>
  draw(null, new Map(Object.entries(at).map(([id, [x, y]]) => [id, { x, y }]))).apply(EMPTY);

test("what is supposed is what the picture shows", () => {
  const links = [link("a", "b", "PAYS"), link("b", "a", "PAYS"), link("a", "b", "KNOWS", { symmetric: true })];
  const removed = [
    { kind: "PAYS", source: "a", target: "b" },
    { kind: "KNOWS", source: "b", target: "a" },
  ];
  const added = [{ kind: "GUARANTEES", source: "b", target: "a" }];
  const work = { ...places({ a: [0, 0], b: [1, 0] }), supposed: { ...EMPTY.supposed, removed, added } };
  const shown = graphOf(pictureOf({ a: {}, b: {} }, links), work).edges.flatMap((edge) => edge.links);
  assert.deepEqual(shown.map(({ kind, source }) => `${kind} ${source}`).sort(), ["GUARANTEES b", "PAYS b"]);
});

test("of a view whose parties the network has lost, the others are drawn, with the links among them", () => {
  const picture = { ...pictureOf({ a: {}, b: {} }, [link("a", "b", "PAYS")]), missing: ["gone"] };
  const graph = graphOf(picture, places({ a: [0, 0], gone: [1, 1], b: [2, 0] }));
  assert.deepEqual(
    graph.nodes.map(({ id }) => id),
    ["a", "b"],
  );
  assert.equal(graph.edges.length, 1);
});

test("what is not drawn is counted on the party, by kind", () => {
  const picture = pictureOf({ a: { PAYS: 3, CALLS: 2 }, b: { PAYS: 1 } }, [link("a", "b", "PAYS")]);
  const [a, b] = graphOf(picture, places({ a: [0, 0], b: [1, 0] })).nodes;
  assert.equal(a?.notDrawn, 4);
  assert.deepEqual(
    a?.notDrawnByKind,
    new Map([
      ["PAYS", 2],
      ["CALLS", 2],
    ]),
  );
  assert.equal(b?.notDrawn, 0);
});

test("links of a category between two parties are one line, with an arrow each way that they go", () => {
  const links = [
    link("a", "b", "PAYS", { amount: 10, count: 2 }),
    link("a", "b", "LENDS_TO", { amount: 5 }),
    link("b", "a", "PAYS"),
    link("a", "b", "CALLS", { category: "contact" }),
  ];
  const { edges } = graphOf(pictureOf({ a: {}, b: {} }, links), places({ a: [0, 0], b: [1, 0] }));
  const money = edges.find(({ category }) => category === "money");
  assert.equal(edges.length, 2);
  assert.deepEqual([money?.fromA, money?.fromB, money?.amount, money?.count], [true, true, 15, 4]);
});

test("links that began after the chosen day are not drawn; those without a date are", () => {
  const links = [
    link("a", "b", "PAYS", { first: 100 }),
    link("a", "b", "RATES", { category: "trust", first: 300 }),
    link("a", "b", "CALLS", { category: "contact" }),
  ];
  const work = { ...places({ a: [0, 0], b: [1, 0] }), until: 200 };
  const { edges } = graphOf(pictureOf({ a: {}, b: {} }, links), work);
  assert.deepEqual(edges.map(({ category }) => category).sort(), ["contact", "money"]);
});

test("while an answer is on its way, its parties are drawn without one, and links to nobody are left out", () => {
  const { nodes, edges } = graphOf(
    pictureOf({ a: {}, gone: {} }, [link("a", "gone", "PAYS")]),
    places({ a: [0, 0], news: [1, 1] }),
  );
  assert.deepEqual([nodes.map(({ id }) => id), edges.length], [["a", "news"], 0]);
});

test("an arrow key goes along a link to the party nearest to its direction", () => {
  const links = [link("a", "right", "PAYS"), link("a", "up", "PAYS"), link("a", "right-up", "PAYS")];
  const at = places({ a: [0, 0], right: [10, 0], up: [0, -10], "right-up": [10, -9], untied: [-10, 0] });
  const graph = graphOf(pictureOf({ a: {}, right: {}, up: {}, "right-up": {}, untied: {} }, links), at);
  assert.equal(along(graph, "a", 1, 0), "right");
  assert.equal(along(graph, "a", 0, -1), "up");
  assert.equal(along(graph, "a", -1, 0), null);
});

test("the hull of a square with a point inside is the square", () => {
  const points = hull([
    [0, 0],
    [2, 0],
    [1, 1],
    [2, 2],
    [0, 2],
  ]);
  assert.deepEqual(new Set(points.map(String)), new Set(["0,0", "2,0", "2,2", "0,2"]));
});
