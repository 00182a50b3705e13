import { computed, signal } from "@preact/signals";
import {
  type ConnectError,
  type FromServer,
  openSocket,
  type RealTimeSocket,
  type Refusal,
} from "parlour-client";
import { Problem } from "../api/problem";

/** How long after a loss the first attempt is made; each next one waits twice as long. Milliseconds. */
const FIRST = 1_000;
/** The longest between two attempts while the API answers: they bring the new messages too. */
const POLL = 8_000;
/** The longest while nothing answers. */
const SLOWEST = 30_000;

export type { MemberChange } from "parlour-client";

/** What is told to the server without waiting for an answer: lost, it is told again or no longer true. */
type Told = "open" | "close" | "typing";

export interface Uses {
  /** The position up to which each group is known. */
  have(): Record<string, number>;
  /** Reads over HTTP what has changed; all of it where real time has just begun. */
  sync(all: boolean): Promise<void>;
  /** The token is refused. */
  signedOut(problem: Problem): void;
}

/**
 * Real time where it can be had, and HTTP in turns where it can't.
 *
 * There are two things to lose: the socket, and the API. While one of them is away, an attempt is made from
 * time to time: it reads over HTTP what is new, and knocks at real time.
 */
export class Connection {
  /** Is real time there? */
  readonly live = signal(false);
  /** Did the API answer when it was last asked? */
  readonly reachable = signal(true);
  readonly whole = computed(() => this.live.value && this.reachable.value);
  /** When the next attempt is made, in milliseconds since 1970; null while one is, or none is needed. */
  readonly nextAt = signal<number | null>(null);
  readonly #socket: RealTimeSocket;
  readonly #uses: Uses;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #ended = false;
  readonly #here = () => document.visibilityState === "visible" && this.nextAt.peek() && this.now();
  readonly #online = () => this.now();
  readonly #offline = () => {
    // A socket over a network that is gone would look well for another minute.
    this.#socket.disconnect();
    this.lost();
  };

  constructor(url: string, token: string, uses: Uses) {
    this.#uses = uses;
    // Attempts are made here, so that people can be told when.
    this.#socket = openSocket(url, token, uses.have);
  }

  on<Event extends keyof FromServer>(event: Event, hear: FromServer[Event]): void {
    this.#socket.on(event, hear as never);
  }

  /** Tells the server, if it is there now. */
  tell(event: Told, group: { group_id: string }): void {
    if (this.#socket.connected) this.#socket.emit(event, group, () => {});
  }

  /** Returns once the first answer has come, or failed to. */
  async start(): Promise<void> {
    this.#socket.on("connect", () => void this.#connected());
    this.#socket.on("disconnect", () => this.#disconnected());
    this.#socket.on("connect_error", (error: ConnectError) => this.#refused(error.data));
    this.#socket.on("closed", (error) => this.#refused(error));
    document.addEventListener("visibilitychange", this.#here);
    window.addEventListener("online", this.#online);
    window.addEventListener("offline", this.#offline);
    await this.#attempt();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
    document.removeEventListener("visibilitychange", this.#here);
    window.removeEventListener("online", this.#online);
    window.removeEventListener("offline", this.#offline);
  }

  /** Makes the next attempt at once. */
  now(): void {
    if (!this.whole.peek()) void this.#attempt();
  }

  /** A call found nobody. */
  lost(): void {
    this.reachable.value = false;
    this.#later();
  }

  async #attempt(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.nextAt.value = null;
    if (!this.live.peek()) this.#socket.connect();
    await this.#sync(false);
    this.#later();
  }

  async #connected(): Promise<void> {
    // Who joined or left, and what was read elsewhere, while nobody listened.
    await this.#sync(true);
    this.live.value = this.#socket.connected;
    this.#later();
  }

  #disconnected(): void {
    this.live.value = false;
    this.#later();
  }

  #refused(error: Refusal | undefined): void {
    const problem = Problem.told(error);
    if (problem.signedOut) this.#uses.signedOut(problem);
  }

  async #sync(all: boolean): Promise<void> {
    try {
      await this.#uses.sync(all);
      this.reachable.value = true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.reachable.value = false;
    }
  }

  /** Sees to the next attempt, where one is needed. */
  #later(): void {
    if (this.#ended) return;
    if (this.whole.peek()) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#attempts = 0;
      this.nextAt.value = null;
      return;
    }
    if (this.#timer) return;
    const longest = this.reachable.peek() ? POLL : SLOWEST;
    // Not all at once: a server that comes back has everybody knocking.
    const delay = Math.min(longest, FIRST * 2 ** this.#attempts) * (0.75 + Math.random() / 2);
    this.#attempts += 1;
    this.nextAt.value = Date.now() + delay;
    this.#timer = setTimeout(() => void this.#attempt(), delay);
  }
}
