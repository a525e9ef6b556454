import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { broughtInBy, collapse, draw, hide, move, pin } from "../src/work/commands";
import { begin, type History, perform, redo, undo } from "../src/work/history";
import { EMPTY, MOST_DRAWN, type Work } from "../src/work/work";
import { effect, session } from "./arbitraries";

const done = (commands: Parameters<typeof perform>[1][], from: History = begin(EMPTY)): History =>
  commands.reduce((history, command) => perform(history, command), from);

const turned = (history: History, turn: (one: History) => History, times: number): History =>
  Array.from({ length: times }).reduce<History>((one) => turn(one), history);

const place = (x: number, y: number) => ({ x, y });

test("any sequence of commands undone is where it began, and redone where it ended", () => {
  fc.assert(
    fc.property(session, (commands) => {
      const end = done(commands);
      const steps = end.past.length;
      const start = turned(end, undo, steps);
      assert.deepEqual(start.present, EMPTY);
      assert.equal(start.past.length, 0);
      assert.deepEqual(turned(start, redo, steps), end);
    }),
  );
});

test("any mix of commands, undo and redo keeps every work that was there before", () => {
  fc.assert(
    fc.property(session, fc.array(fc.constantFrom(undo, redo), { maxLength: 20 }), (commands, turns) => {
      const before = done(commands);
      const after = turns.reduce((history, turn) => turn(history), before);
      const works = ({ past, present, future }: History) => [
        ...past.map(({ work }) => work),
        present,
        ...future.toReversed().map(({ work }) => work),
      ];
      assert.deepEqual(works(after), works(before));
    }),
  );
});

test("a command does not change the work that it is given", () => {
  fc.assert(
    fc.property(session, (commands) => {
      let work: Work = EMPTY;
      for (const command of commands) {
        const copy = structuredClone(work);
        const next = command.apply(work);
        assert.deepEqual(work, copy);
        work = next;
      }
    }),
  );
});

test("a command that changes nothing is no step, unless the server keeps what it does", () => {
  fc.assert(
    fc.property(effect, (kept) => {
      const history = perform(begin(EMPTY), move("nobody", place(1, 1)), kept);
      assert.equal(history.past.length, kept === null ? 0 : 1);
    }),
  );
});

test("a new command ends what could be done again", () => {
  const first = done([draw(null, new Map([["a", place(0, 0)]])), draw(null, new Map([["b", place(1, 0)]]))]);
  const other = perform(undo(first), draw(null, new Map([["c", place(2, 0)]])));
  assert.deepEqual([...other.present.places.keys()], ["a", "c"]);
  assert.equal(other.future.length, 0);
});

test("collapsing a party takes away what it brought in, and what that brought in, and moves nobody", () => {
  const drawn = done([
    draw(null, new Map([["a", place(0, 0)]])),
    draw(
      "a",
      new Map([
        ["b", place(1, 0)],
        ["c", place(2, 0)],
      ]),
    ),
    draw("b", new Map([["d", place(3, 0)]])),
    draw("a", new Map([["pinned", place(4, 0)]])),
    pin("pinned", true),
  ]).present;
  assert.deepEqual([...broughtInBy(drawn.places, "a")].sort(), ["b", "c", "d"]);
  const collapsed = collapse("a").apply(drawn);
  assert.deepEqual([...collapsed.places.keys()], ["a", "pinned"]);
  assert.deepEqual(collapsed.places.get("a"), drawn.places.get("a"));
});

test("expanding moves nobody who is drawn", () => {
  const one = draw(null, new Map([["a", place(7, 9)]])).apply(EMPTY);
  const two = draw(
    "a",
    new Map([
      ["a", place(0, 0)],
      ["b", place(1, 1)],
    ]),
  ).apply(one);
  assert.deepEqual(two.places.get("a"), one.places.get("a"));
});

test("who is hidden is named as hidden, and drawn again is hidden no more", () => {
  const drawn = draw(
    null,
    new Map([
      ["a", place(0, 0)],
      ["b", place(1, 0)],
    ]),
  ).apply(EMPTY);
  const hidden = hide(["b"]).apply(drawn);
  assert.deepEqual([[...hidden.places.keys()], hidden.hidden], [["a"], ["b"]]);
  assert.deepEqual(draw(null, new Map([["b", place(1, 0)]])).apply(hidden).hidden, []);
});

test("no more parties are drawn than one limit allows", () => {
  const many = new Map(Array.from({ length: MOST_DRAWN + 50 }, (_, i) => [`p${i}`, place(i, 0)]));
  assert.equal(draw(null, many).apply(EMPTY).places.size, MOST_DRAWN);
});
