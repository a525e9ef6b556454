import assert from "node:assert/strict";
import { test } from "node:test";
import { nameSizeAt } from "../src/picture/look";

const LEAST_READ = 8; // pixels on the screen below which Cytoscape leaves a name out

test("names stay readable in the view that a small window opens with", () => {
  for (const zoom of [0.5, 0.6, 0.67, 0.7, 0.75, 1]) assert.ok(nameSizeAt(zoom) * zoom >= LEAST_READ, String(zoom));
});
