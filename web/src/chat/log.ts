import { batch, computed, signal } from "@preact/signals";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Message } from "../api/types";
import { erased, type Groups } from "./groups";

/** How many messages a group opens with, and how many more are read at once. */
const PAGE = 50;
/** How many of what was read already stand above the first new one. */
const CONTEXT = 20;
/** How many are held, and shown, at once. */
export const MOST = 300;
/** For how long real time may take to bring what is missing before it is read, in milliseconds. */
const LATE = 400;

/** How long until what could not be read is looked for again, in milliseconds. */
const AGAIN = 2_000;

interface PageQuery {
  before?: number;
  after?: number;
  limit: number;
}

/** A piece without gaps of a group's log: the newest messages, or those that somebody has scrolled to. */
export class Log {
  readonly group: string;
  /** Oldest first. */
  readonly items = signal<readonly Message[]>([]);
  readonly state = signal<"loading" | "ready" | Problem>("loading");
  /** The new messages begin after this position. */
  readonly divider = signal<number | null>(null);
  /** Is the end in view, so that what comes is to be in view too? */
  readonly following = signal(true);
  /** Counts what could not be read: whoever shows the piece looks again whether it is needed. */
  readonly missed = signal(0);
  /** Where the view is to go once it shows the items. */
  place: "newest" | "divider" | null = null;
  readonly hasOlder = computed(() => (this.items.value[0]?.seq ?? 1) > 1);
  readonly hasNewer = computed(() => this.#newest > this.last);
  /** How many messages lie below the piece. */
  readonly below = computed(() => Math.max(0, this.#newest - this.last));

  readonly #api: Api;
  readonly #groups: Groups;
  readonly #took: (messages: readonly Message[]) => void;
  #reading = false;
  #late: ReturnType<typeof setTimeout> | undefined;

  /** `took` hears of every message that is shown for the first time. */
  constructor(api: Api, groups: Groups, group: string, took: (messages: readonly Message[]) => void) {
    this.#api = api;
    this.#groups = groups;
    this.group = group;
    this.#took = took;
  }

  /** The position of the last message that is held. */
  get last(): number {
    return this.items.value.at(-1)?.seq ?? 0;
  }

  get #newest(): number {
    return this.#groups.get(this.group)?.last_seq ?? 0;
  }

  /** Reads the newest messages, or those around the first new one where that is further up. */
  async open(): Promise<void> {
    const { last_seq = 0, read_seq = 0 } = this.#groups.get(this.group) ?? {};
    const divider = last_seq > read_seq ? read_seq : null;
    await this.#load(async () => {
      if (divider === null || last_seq - divider <= PAGE - 5) return this.#newestPage();
      const [older, newer] = await Promise.all([
        this.#page({ before: divider + 1, limit: CONTEXT }),
        this.#page({ after: divider, limit: PAGE }),
      ]);
      return [...older.reverse(), ...newer];
    }, divider);
  }

  /** Goes to the end. */
  async toNewest(): Promise<void> {
    if (this.hasNewer.peek()) await this.#load(() => this.#newestPage(), this.divider.peek(), "newest");
    else this.following.value = true;
  }

  async #load(read: () => Promise<Message[]>, divider: number | null, place?: "newest"): Promise<void> {
    try {
      const items = await read();
      batch(() => {
        this.place = place ?? (divider === null ? "newest" : "divider");
        this.following.value = this.place === "newest";
        this.divider.value = divider;
        this.items.value = items;
        this.state.value = "ready";
      });
      this.#took(items);
    } catch (error) {
      // What is shown already stays.
      if (error instanceof Problem && this.state.peek() !== "ready") this.state.value = error;
    }
  }

  async older(): Promise<void> {
    const first = this.items.peek()[0]?.seq ?? 1;
    if (first <= 1) return;
    await this.#read({ before: first, limit: PAGE }, (messages) => {
      const older = messages.toReversed();
      const items = this.items.peek();
      // Meanwhile the piece may have become another.
      if (items[0]?.seq !== first || older.at(-1)?.seq !== first - 1) return;
      this.items.value = [...older, ...items].slice(0, MOST);
      this.#took(older);
    });
  }

  async newer(): Promise<void> {
    if (!this.hasNewer.peek()) return;
    await this.#read({ after: this.last, limit: PAGE }, (messages) => {
      // Meanwhile some of it may have come by itself.
      this.#append(messages.filter(({ seq }) => seq > this.last));
    });
  }

  /** Reads once at a time. What can't be read is looked for again after a while. */
  async #read(query: PageQuery, take: (messages: Message[]) => void): Promise<void> {
    if (this.#reading || this.state.peek() !== "ready") return;
    this.#reading = true;
    const items = this.items.peek();
    try {
      const messages = await this.#page(query);
      this.#reading = false;
      take(messages);
    } catch {
      this.#reading = false;
    }
    if (this.items.peek() === items) setTimeout(() => this.missed.value++, AGAIN);
  }

  /** Takes what was sent. What does not follow on what is held is read, where the end is in view. */
  hear(message: Message): void {
    if (this.state.peek() !== "ready") return;
    const room = this.following.peek() || this.items.peek().length < MOST;
    if (message.seq === this.last + 1 && room) this.#append([message]);
    else if (message.seq > this.last && !this.#late) this.#late = setTimeout(() => this.settle(), LATE);
  }

  /** Reads what is missing up to the end, where that is in view and not far. */
  settle(): void {
    clearTimeout(this.#late);
    this.#late = undefined;
    const state = this.state.peek();
    if (state instanceof Problem) void this.open();
    else if (state === "loading" || !this.following.peek() || !this.hasNewer.peek()) return;
    else if (this.below.peek() > PAGE) this.following.value = false;
    else void this.newer();
  }

  erase(seq: number): void {
    this.items.value = this.items.peek().map((message) => (message.seq === seq ? erased(message) : message));
  }

  close(): void {
    clearTimeout(this.#late);
  }

  #append(messages: readonly Message[]): void {
    if (messages[0]?.seq !== this.last + 1) return;
    const items = [...this.items.peek(), ...messages];
    this.items.value = items.slice(-MOST);
    this.#took(messages);
  }

  async #newestPage(): Promise<Message[]> {
    const path = { id: this.group };
    const group = await this.#api.get("/api/v1/groups/{id}", { path, query: { limit: PAGE } });
    const { messages, page: _, ...told } = group;
    this.#groups.merge([told]);
    return messages.toReversed();
  }

  async #page(query: PageQuery): Promise<Message[]> {
    const path = { id: this.group };
    const { messages } = await this.#api.get("/api/v1/groups/{id}/messages", { path, query });
    return messages;
  }
}
