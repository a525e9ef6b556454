import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cell, tablesAsCsv } from "../src/export/csv";
import { graphml } from "../src/export/graphml";
import { escaped } from "../src/export/markup";
import { drawing } from "../src/export/svg";
import { graphOf } from "../src/picture/graph";
import { withoutNames } from "../src/words/names";
import { draw } from "../src/work/commands";
import { EMPTY } from "../src/work/work";
import { link, pictureOf } from "./arbitraries";

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  '"><script>alert(1)</script>',
  "=HYPERLINK(1)",
  "مرحبا",
  "😀",
  "nul\u0000",
  "half\ud800",
];
const COLOUR = { low: "#000", medium: "#000", high: "#000", very_high: "#000", not_assessed: "#000" };
const COLOURS = {
  ground: "#fff",
  panel: "#fff",
  ink: "#000",
  muted: "#555",
  line: "#ddd",
  accent: "#00f",
  levels: COLOUR,
  categories: {},
};

const hostile = () => {
  const neighbours = Object.fromEntries(HOSTILE.map((id) => [id, { PAYS: 1 }]));
  const links = HOSTILE.slice(1).map((id) => link(HOSTILE[0] ?? "", id, "PAYS", { amount: -5 }));
  const places = draw(null, new Map(HOSTILE.map((id, i) => [id, { x: i * 100, y: 0 }]))).apply(EMPTY);
  return graphOf(pictureOf(neighbours, links), places);
};

test("a cell that a spreadsheet would take for a formula is text", () => {
  for (const text of ["=1+1", "+1", "-1", "@x", "\t=1", " =1"])
    assert.ok(cell(text).replaceAll('"', "").startsWith("'"), text);
  assert.equal(cell(-5), "-5");
  assert.equal(cell('a "b", c'), '"a ""b"", c"');
});

test("text in XML is never markup, and holds nothing that XML forbids", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const safe = escaped(text);
      assert.doesNotMatch(safe, /[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
      assert.doesNotMatch(safe, /[^\P{Cc}\t\n\r]/u);
    }),
  );
});

test("hostile names leave as text in GraphML, SVG and CSV", () => {
  const graph = hostile();
  const outputs = [graphml(graph, (id) => id), drawing(graph, [], "title", COLOURS, (id) => id).svg];
  for (const xml of outputs) {
    assert.doesNotMatch(xml, /<img|<script/);
    assert.match(xml, /&lt;img src=x onerror=alert\(1\)&gt;/);
  }
  assert.match(
    tablesAsCsv(graph, (id) => id),
    /'=HYPERLINK/,
  );
});

test("with hidden names no export holds one", () => {
  const graph = hostile();
  const id = (one: string) => one;
  for (const text of [graphml(graph, id), drawing(graph, [], "", COLOURS, id).svg, tablesAsCsv(graph, id)]) {
    assert.doesNotMatch(text, /Name of/);
  }
  assert.equal(withoutNames("Ann Lee paid Ann Leeds", ["Ann Lee", "Ann Leeds"]), "••• paid •••");
});

test("the SVG says what is not drawn", () => {
  const graph = graphOf(pictureOf({ a: { PAYS: 14 } }, []), draw(null, new Map([["a", { x: 0, y: 0 }]])).apply(EMPTY));
  assert.match(drawing(graph, [], "title", COLOURS, (id) => id).svg, /\+14/);
});

test("in a what-if the picture that is handed over has the score of now and the supposed one", () => {
  const graph = graphOf(pictureOf({ a: {} }, []), draw(null, new Map([["a", { x: 0, y: 0 }]])).apply(EMPTY));
  const scored = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, score: 435 })) };
  const { svg } = drawing(scored, [], "", COLOURS, (id) => id, new Map([["a", 421]]));
  assert.match(svg, />435<.*>→421</);
});
