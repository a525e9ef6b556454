// An answer on its way: waiting, there, or failed; what is asked again under the same name is not fetched again.

import { type Signal, signal } from "@preact/signals";
import { Problem } from "./client";

export type State<T> =
  | { readonly is: "waiting"; readonly since: number; readonly stop: () => void }
  | { readonly is: "ready"; readonly value: T }
  | { readonly is: "failed"; readonly problem: Problem; readonly retry: () => void };

export type Ask<T> = (options: { signal: AbortSignal }) => Promise<T>;

/** Answers by the name of their question, the most recently asked last; at most `size` are kept. */
export class Answers {
  private readonly held = new Map<string, Signal<State<unknown>>>();

  constructor(private readonly size = 200) {}

  /** The state of a question, which is asked now unless it was before. */
  of<T>(name: string, ask: Ask<T>): Signal<State<T>> {
    const known = this.held.get(name) as Signal<State<T>> | undefined;
    if (known !== undefined) {
      this.held.delete(name);
      this.held.set(name, known as Signal<State<unknown>>);
      return known;
    }
    const state: Signal<State<T>> = signal(
      started(ask, (next) => {
        state.value = next;
      }),
    );
    this.held.set(name, state as Signal<State<unknown>>);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= this.size) break;
      this.held.delete(oldest);
    }
    return state;
  }

  /** Forget the answers whose question begins so, or all: they are asked anew. */
  forget(beginning = ""): void {
    for (const name of this.held.keys()) if (name.startsWith(beginning)) this.held.delete(name);
  }
}

/** Ask, and hand on every later state; returns the first one. */
function started<T>(ask: Ask<T>, become: (state: State<T>) => void): State<T> {
  const running = new AbortController();
  const retry = () => become(started(ask, become));
  ask({ signal: running.signal }).then(
    (value) => {
      if (!running.signal.aborted) become({ is: "ready", value });
    },
    (error: unknown) => {
      if (running.signal.aborted) return;
      become({ is: "failed", problem: error instanceof Problem ? error : new Problem(-1, String(error)), retry });
    },
  );
  const stop = () => {
    running.abort();
    become({ is: "failed", problem: new Problem(0, "stopped"), retry });
  };
  return { is: "waiting", since: Date.now(), stop };
}
