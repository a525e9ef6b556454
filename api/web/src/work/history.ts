// What was done, and what was taken back: as many steps as there are.

import type { Command, Name } from "./commands";
import type { Work } from "./work";

/** An act that the server keeps: the changes that do it again and that take it back, as the API takes them. */
export interface Effect {
  readonly on: "case" | "alert";
  readonly id: string;
  readonly redo: Readonly<Record<string, unknown>>;
  readonly undo: Readonly<Record<string, unknown>>;
}

/** A step: the work before it (among those done) or after it (among those taken back). */
export interface Step {
  readonly name: Name;
  readonly on: string;
  readonly work: Work;
  readonly effect: Effect | null;
}

export interface History {
  readonly past: readonly Step[];
  readonly present: Work;
  readonly future: readonly Step[];
}

export function begin(present: Work): History {
  return { past: [], present, future: [] };
}

/** The history after a command; one that changes nothing and has no effect is no step. */
export function perform(history: History, command: Command, effect: Effect | null = null): History {
  const present = command.apply(history.present);
  if (present === history.present && effect === null) return history;
  const step = { name: command.name, on: command.on, work: history.present, effect };
  return { past: [...history.past, step], present, future: [] };
}

export function undo(history: History): History {
  const step = history.past.at(-1);
  if (step === undefined) return history;
  const taken = { ...step, work: history.present };
  return { past: history.past.slice(0, -1), present: step.work, future: [...history.future, taken] };
}

export function redo(history: History): History {
  const step = history.future.at(-1);
  if (step === undefined) return history;
  const done = { ...step, work: history.present };
  return { past: [...history.past, done], present: step.work, future: history.future.slice(0, -1) };
}
