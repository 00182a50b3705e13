import { signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { Names } from "./names";

/** How often it is told that one types, in milliseconds: oftener the server passes nothing on. */
const TELL = 3_000;
/** For how long somebody is shown to be typing after it was told last. Longer than it takes to be told again. */
const SHOW = 5_000;

export interface Online {
  count: number;
  /** Who they are; null where they are too many. */
  users: ReadonlySet<string> | null;
}

/** Who of the open group is online, and who is typing. Known while real time is there, and kept nowhere. */
export class Company {
  readonly online = signal<Online | null>(null);
  /** The users that are typing, in the order in which they began. */
  readonly typing = signal<readonly string[]>([]);
  /** Hears that somebody began to type while nobody did. */
  onTyping: (name: string) => void = () => {};

  readonly #connection: Connection;
  readonly #names: Names;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #group: string | null = null;
  #toldAt = 0;

  constructor(connection: Connection, names: Names) {
    this.#connection = connection;
    this.#names = names;
  }

  start(): void {
    this.#connection.on("presence", ({ group_id, online, user_ids }) => {
      if (group_id !== this.#group) return;
      this.online.value = { count: online, users: user_ids && new Set(user_ids) };
      // Who has gone does not type.
      if (user_ids) for (const user of this.typing.peek()) if (!user_ids.includes(user)) this.stopped(user);
    });
    this.#connection.on("typing", ({ group_id, user_id }) => void this.#typing(group_id, user_id));
  }

  /** The group that is open and can be heard of; or none. */
  enter(group: string | null): void {
    if (group === this.#group) return;
    if (this.#group) this.#connection.tell("close", { group_id: this.#group });
    this.#group = group;
    this.#toldAt = 0;
    this.online.value = null;
    for (const user of [...this.#timers.keys()]) this.stopped(user);
    if (group) this.#connection.tell("open", { group_id: group });
  }

  /** One types in the open group. */
  type(): void {
    const now = Date.now();
    if (!this.#group || now - this.#toldAt < TELL) return;
    this.#toldAt = now;
    this.#connection.tell("typing", { group_id: this.#group });
  }

  /** Somebody types no more: what they wrote is there, or nothing was heard for a while. */
  stopped(user: string): void {
    clearTimeout(this.#timers.get(user));
    this.#timers.delete(user);
    if (this.typing.peek().includes(user)) this.typing.value = this.typing.peek().filter((id) => id !== user);
  }

  async #typing(group: string, user: string): Promise<void> {
    if (group !== this.#group) return;
    clearTimeout(this.#timers.get(user));
    this.#timers.set(
      user,
      setTimeout(() => this.stopped(user), SHOW),
    );
    await this.#names.need(group, user);
    const name = this.#names.known.peek().get(user);
    const typing = this.typing.peek();
    // It may be over by the time their name is known.
    if (!name || !this.#timers.has(user) || typing.includes(user)) return;
    this.typing.value = [...typing, user];
    if (typing.length === 0) this.onTyping(name);
  }
}
