import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { draw, move } from "../src/work/commands";
import { begin, type History, perform, undo } from "../src/work/history";
import { read, readWork, written, writtenWork } from "../src/work/saved";
import { decoded, encoded } from "../src/work/url";
import { EMPTY } from "../src/work/work";
import { effect, session } from "./arbitraries";

const histories = fc.tuple(session, effect, fc.nat({ max: 10 })).map(([commands, kept, undone]) => {
  let history: History = begin(EMPTY);
  for (const command of commands) history = perform(history, command, kept);
  for (let i = 0; i < undone; i += 1) history = undo(history);
  return history;
});

test("a history that was written is read back whole, with the order of its parties", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const back = read(written(history));
      assert.deepEqual(back, history);
      const orders = (one: History | null) => one?.past.map(({ work }) => [...work.places.keys()]);
      assert.deepEqual(orders(back), orders(history));
    }),
  );
});

test("a text that is no history is none", () => {
  for (const text of ["", "{}", "null", "[]", '{"format": 2}', '{"format":1}']) assert.equal(read(text), null);
});

test("three hundred parties and three hundred steps fit into a browser's storage", () => {
  let history = begin(
    draw(null, new Map(Array.from({ length: 300 }, (_, i) => [`party-${i}`, { x: i, y: i }]))).apply(EMPTY),
  );
  for (let i = 0; i < 300; i += 1) history = perform(history, move(`party-${i}`, { x: -i - 1, y: i }));
  assert.ok(written(history).length < 200_000);
});

test("a kept view is read back whole", () => {
  fc.assert(
    fc.property(histories, ({ present }) => {
      assert.deepEqual(readWork(writtenWork(present)), present);
    }),
  );
});

test("a view is its address: what is drawn where, what is open, what is supposed", () => {
  fc.assert(
    fc.property(histories, ({ present }) => {
      const back = decoded(encoded(present));
      if (present.focus === null && present.places.size === 0) return;
      // A party whose origin is drawn no more stands in an address as one that was asked for.
      const places = [...present.places].map(
        ([id, one]) =>
          [id, { ...one, from: one.from !== null && present.places.has(one.from) ? one.from : null }] as const,
      );
      assert.deepEqual(back, { ...present, places: new Map(places) });
    }),
  );
});

test("an address that names nothing is no view", () => {
  for (const text of ["", "at=nonsense", "tab=why", "at=1,2,,"]) assert.equal(decoded(text), null);
});
