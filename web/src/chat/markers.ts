import type { Api } from "../api/api";
import { Problem } from "../api/problem";

/** How long reading gathers before the server is told, in milliseconds. */
const GATHER = 300;
/** How long until it is told what did not get through, in milliseconds. */
const AGAIN = 3_000;

/** Tells the server how far somebody has read: the furthest of each group, one call at a time. */
export class Markers {
  readonly #api: Api;
  /** What is to be told, by group. */
  readonly #reached = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #telling = false;

  constructor(api: Api) {
    this.#api = api;
  }

  read(group: string, seq: number): void {
    this.#reached.set(group, Math.max(seq, this.#reached.get(group) ?? 0));
    this.#later(GATHER);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #later(delay: number): void {
    this.#timer ??= setTimeout(() => void this.tell(), delay);
  }

  /** Tells at once what gathers: a page that is left has no other time. */
  async tell(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#telling) return;
    this.#telling = true;
    for (const [group, seq] of this.#reached) {
      const done = await this.#mark(group, seq);
      if (done && this.#reached.get(group) === seq) this.#reached.delete(group);
    }
    this.#telling = false;
    // What was reached meanwhile, or did not get through.
    if (this.#reached.size) this.#later(AGAIN);
  }

  /** Answers whether there is no use in telling it again. */
  async #mark(id: string, seq: number): Promise<boolean> {
    try {
      await this.#api.put("/api/v1/groups/{id}/read", { path: { id }, body: { read: { seq } } });
      return true;
    } catch (error) {
      return error instanceof Problem && !error.passing;
    }
  }
}
