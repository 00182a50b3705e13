import { signal } from "@preact/signals";
import { newId } from "parlour-client";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Message } from "../api/types";
import { kept } from "../lib/kept";

/** A message on its way. */
export interface Entry {
  /** The message's own id: however often it is sent, it is one message. */
  id: string;
  group_id: string;
  text: string;
  created_at: string;
  /** `waiting` for its turn or for the connection; `sent` while the log does not show it yet. */
  state: "waiting" | "sending" | "failed" | "sent";
  /** How often it was sent without an answer. */
  tries: number;
  /** Why it failed. */
  why: string | null;
  /** Its position once it is sent. */
  seq: number | null;
}

/** A message that got no answer is sent once more by itself, and then when somebody says so. */
const TRIES = 2;

interface Uses {
  /** Does the API answer? */
  reachable(): boolean;
  /** It did not. */
  lost(): void;
  /** The message is stored. */
  stored(message: Message): void;
}

/** What somebody wrote and the server has not acknowledged. It outlives a reload. */
export class Outbox {
  readonly entries = signal<readonly Entry[]>([]);
  readonly #api: Api;
  readonly #uses: Uses;
  readonly #name: string;
  /** The groups for which something is being sent. */
  readonly #busy = new Set<string>();
  #ended = false;

  constructor(api: Api, user: string, uses: Uses) {
    this.#api = api;
    this.#uses = uses;
    this.#name = `parlour.outbox.${user}`;
    this.entries.value = kept.read<Entry[]>(this.#name, []);
  }

  /** How many are neither sent nor given up. */
  get waiting(): number {
    return this.entries.value.filter(({ state }) => state === "waiting" || state === "sending").length;
  }

  send(group_id: string, text: string): void {
    const id = newId();
    const created_at = new Date().toISOString();
    const entry: Entry = { id, group_id, text, created_at, state: "waiting", tries: 0, why: null, seq: null };
    this.#set([...this.entries.peek(), entry]);
    void this.#flush(group_id);
  }

  retry(id: string): void {
    this.#change(id, { state: "waiting", tries: 0, why: null });
    const entry = this.entries.peek().find((entry) => entry.id === id);
    if (entry) void this.#flush(entry.group_id);
  }

  discard(id: string): void {
    this.#set(this.entries.peek().filter((entry) => entry.id !== id));
  }

  /** Sends what waits, in each group in the order in which it was written. */
  flush(): void {
    for (const group of new Set(this.entries.peek().map(({ group_id }) => group_id))) void this.#flush(group);
  }

  /** A message came that may be one of these: its answer may have been lost, or be slower. */
  acknowledge(message: Message): void {
    this.#change(message.id, { state: "sent", seq: message.seq, why: null });
  }

  /** Sends nothing more, and keeps nothing more: whoever signed out left nothing behind. */
  end(): void {
    this.#ended = true;
  }

  /** Lets go of what is sent and shown. */
  prune(shown: (entry: Entry) => boolean): void {
    const entries = this.entries.peek().filter((entry) => entry.state !== "sent" || !shown(entry));
    if (entries.length < this.entries.peek().length) this.#set(entries);
  }

  async #flush(group: string): Promise<void> {
    if (this.#busy.has(group)) return;
    this.#busy.add(group);
    for (let entry = this.#next(group); entry && this.#sends(); entry = this.#next(group)) {
      if (!(await this.#deliver(entry))) break;
    }
    this.#busy.delete(group);
  }

  #sends(): boolean {
    return !this.#ended && this.#uses.reachable();
  }

  #next(group: string): Entry | undefined {
    return this.entries.peek().find(({ group_id, state }) => group_id === group && state === "waiting");
  }

  /** Answers whether the next may follow. */
  async #deliver({ id, group_id, text, tries }: Entry): Promise<boolean> {
    this.#change(id, { state: "sending" });
    try {
      const path = { id: group_id };
      const body = { message: { id, message: text } };
      const message = await this.#api.post("/api/v1/groups/{id}/messages", { path, body });
      this.acknowledge(message);
      this.#uses.stored(message);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Real time may have shown it meanwhile: then it is stored, whatever the answer was.
      if (this.entries.peek().find((entry) => entry.id === id)?.state !== "sending") return true;
      if (error.signedOut) {
        this.#change(id, { state: "waiting" });
        return false;
      }
      if (!error.passing) {
        this.#change(id, { state: "failed", why: error.message });
        return true;
      }
      const again = tries + 1 < TRIES;
      this.#change(id, { state: again ? "waiting" : "failed", tries: tries + 1, why: error.message });
      this.#uses.lost();
      return false;
    }
  }

  #change(id: string, change: Partial<Entry>): void {
    const entries = this.entries.peek();
    if (!entries.some((entry) => entry.id === id)) return;
    this.#set(entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  #set(entries: readonly Entry[]): void {
    this.entries.value = entries;
    if (this.#ended) return;
    const unsent = entries.filter(({ state }) => state !== "sent");
    // What is under way when the page goes is sent again, with the same id.
    const again = unsent.map((entry) => (entry.state === "sending" ? { ...entry, state: "waiting" } : entry));
    if (again.length) kept.write(this.#name, again);
    else kept.remove(this.#name);
  }
}
