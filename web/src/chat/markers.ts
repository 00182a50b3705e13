import type { Api } from "../api/api";

/** How long reading gathers before the server is told, in milliseconds. */
const GATHER = 300;

/** Tells the server how far somebody has read: the furthest of each group, one call at a time. */
export class Markers {
  readonly #api: Api;
  readonly #reached = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api) {
    this.#api = api;
  }

  read(group: string, seq: number): void {
    this.#reached.set(group, Math.max(seq, this.#reached.get(group) ?? 0));
    this.#timer ??= setTimeout(() => void this.flush(), GATHER);
  }

  /** Tells what is to be told. What is not answered is told at the next time. */
  async flush(): Promise<void> {
    for (const [group, seq] of this.#reached) {
      const path = { id: group };
      try {
        await this.#api.put("/api/v1/groups/{id}/read", { path, body: { read: { seq } } });
      } catch {
        continue;
      }
      if (this.#reached.get(group) === seq) this.#reached.delete(group);
    }
    this.#timer = undefined;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
