import { signal } from "@preact/signals";
import type { Api } from "../api/api";

/** How many names are asked for at once. */
const BATCH = 100;
/** For how long a name is good, in milliseconds: people may change theirs. */
const GOOD = 300_000;

/** The names of members and authors: each is asked for when it is needed first, and when it is needed and old. */
export class Names {
  /** By user id; null for those who are gone. */
  readonly known = signal<ReadonlyMap<string, string | null>>(new Map());
  readonly #api: Api;
  /** The users to be asked for, by group. */
  readonly #wanted = new Map<string, Set<string>>();
  /** When each was told last. */
  readonly #told = new Map<string, number>();
  /** The questions under way, by user. */
  readonly #asked = new Map<string, Promise<void>>();

  constructor(api: Api) {
    this.#api = api;
  }

  learn(names: Iterable<readonly [string, string | null]>): void {
    const known = new Map(this.known.peek());
    for (const [id, name] of names) {
      known.set(id, name);
      this.#told.set(id, Date.now());
    }
    this.known.value = known;
  }

  /**
   * Sees to it that the name of an author of the group becomes known; returns once it is, or can't be had. Nobody waits
   * for a newer one.
   */
  async need(group: string, user: string | null): Promise<void> {
    const now = Date.now();
    if (!user || now - (this.#told.get(user) ?? -Infinity) < GOOD) return;
    const wanted = this.#wanted.get(group) ?? new Set();
    if (!this.#asked.has(user)) this.#wanted.set(group, wanted.add(user));
    // All that one page or one moment needs is one question.
    const asked = this.#asked.get(user) ?? Promise.resolve().then(() => this.#ask(group));
    this.#asked.set(user, asked);
    if (!this.known.peek().has(user)) await asked;
  }

  async #ask(group: string): Promise<void> {
    const wanted = [...(this.#wanted.get(group) ?? [])];
    this.#wanted.delete(group);
    for (let at = 0; at < wanted.length; at += BATCH) {
      const ids = wanted.slice(at, at + BATCH);
      try {
        const path = { id: group };
        const { users } = await this.#api.get("/api/v1/groups/{id}/users", { path, query: { ids } });
        const names = new Map(users.map(({ id, name }) => [id, name ?? null]));
        this.learn(ids.map((id) => [id, names.get(id) ?? null]));
      } catch {
        // Whoever needs them next asks again.
      }
      for (const id of ids) this.#asked.delete(id);
    }
  }
}
