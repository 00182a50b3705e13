import { again, delay } from "./again.js";
import type { Api } from "./api.js";
import { groupsOf } from "./lists.js";
import { Problem } from "./problem.js";
import {
  type ConnectError,
  type Erased,
  type GroupChange,
  type Have,
  type MemberChange,
  openSocket,
  type ReadMarker,
  type RealTimeSocket,
  type Resync,
} from "./socket.js";
import type { Group, Message, Session } from "./types.js";

/** How many messages are read at once. */
const PAGE = 100;
/** How many missed messages of a group are read and told, unless something else is said. */
const CATCH_UP = 10_000;
/** How many groups the server lets a client name. */
const NAMED = 2_000;

/**
 * Messages that were not told and will not be: those after `after`, up to `last_seq`. They are in the group's log.
 * Where `last_seq` is the smaller one, the log is shorter than it was: the server was set back to an older state.
 */
export interface Gap {
  group_id: string;
  after: number;
  last_seq: number;
}

export type FeedState = "connecting" | "live" | "ended";

/** Who hears what is told. */
export interface Listener {
  /** Each message of each own group, once, in the order of `seq` in its group. */
  message(message: Message): void;
  /** Too many were missed. Without this, nobody knows. */
  gap(gap: Gap): void;
  member?(change: MemberChange): void;
  /** A group has another name or description. */
  group?(change: GroupChange): void;
  /** Read on another device. */
  read?(read: ReadMarker): void;
  /** A message lost its text and author; also one that is yet to be told. */
  erased?(erased: Erased): void;
  state?(state: FeedState): void;
}

export interface FeedSettings {
  /** Where an earlier feed was, from its `have`. Without, it begins with what is sent from now on. */
  have?: Have;
  /** How many missed messages of a group are read and told; past that there is one `gap`. */
  catchUp?: number;
}

/**
 * Each message of each own group, once and in order, over lost connections and killed servers.
 *
 * It keeps a position for each group. What the socket brings next to it is told; what lies at or before it was told
 * already; what lies beyond it, and what the server says it will not send, is read over HTTP first.
 */
export class Feed {
  readonly #api: Api;
  readonly #me: string;
  readonly #listener: Listener;
  readonly #catchUp: number;
  readonly #resumed: boolean;
  readonly #socket: RealTimeSocket;
  readonly #closing = new AbortController();
  readonly #positions: Map<string, number>;
  /** The groups that came while it listens and of which nothing was told yet: where they begin may yet be learnt. */
  readonly #fresh = new Set<string>();
  /** The groups whose log is being read, and up to where. */
  readonly #reach = new Map<string, number>();
  /** The groups that the server was told of at this connection. */
  #named = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #state: FeedState = "connecting";
  #problem: Problem | null = null;

  constructor(api: Api, realtime: string, me: Session, listener: Listener, settings: FeedSettings = {}) {
    this.#api = api;
    this.#me = me.id;
    this.#listener = listener;
    this.#catchUp = settings.catchUp ?? CATCH_UP;
    this.#resumed = settings.have !== undefined;
    this.#positions = new Map(Object.entries(settings.have ?? {}));
    this.#socket = openSocket(realtime, me.token, () => this.#hello());
  }

  /** Where each group is: a later feed goes on from here. */
  get have(): Have {
    return Object.fromEntries(this.#positions);
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Why it ended by itself: the token is not good, or no longer. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** Returns once every group has a position: from then on nothing is missed, whenever real time is there. */
  async start(): Promise<void> {
    for await (const group of groupsOf(this.#api, this.#patience())) {
      const position = this.#resumed ? group.read_seq : group.last_seq;
      if (!this.#positions.has(group.id)) this.#positions.set(group.id, position);
    }
    if (this.#state === "ended") return;
    const socket = this.#socket;
    socket.on("connect", () => this.#connected());
    socket.on("disconnect", () => this.#lost());
    socket.on("connect_error", ({ data }: ConnectError) => this.#refused(Problem.told(data)));
    socket.on("closed", (body) => {
      const problem = Problem.told(body);
      if (problem.signedOut) this.#end(problem);
    });
    socket.on("message", (message) => this.#hear(message));
    socket.on("member", (change) => this.#member(change));
    socket.on("group", (change) => this.#tell(() => this.#listener.group?.(change)));
    socket.on("read", (read) => this.#tell(() => this.#listener.read?.(read)));
    socket.on("erased", (erased) => this.#tell(() => this.#listener.erased?.(erased)));
    socket.on("resync", (resync) => this.#resync(resync));
    socket.connect();
  }

  /** The user is in a new group, of which nothing was sent after this. */
  know(group: Group): void {
    this.#place(group.id, group.last_seq);
  }

  close(): void {
    this.#end(null);
  }

  #hello(): Have {
    const named = [...this.#positions].slice(-NAMED);
    this.#named = new Set(named.map(([group]) => group));
    return Object.fromEntries(named);
  }

  #connected(): void {
    this.#attempts = 0;
    this.#enter("live");
    void this.#compare();
  }

  #lost(): void {
    if (this.#state === "ended") return;
    this.#enter("connecting");
    this.#later();
  }

  #refused(problem: Problem): void {
    if (problem.signedOut) this.#end(problem);
    else this.#later();
  }

  #later(): void {
    if (this.#state === "ended") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.connect(), delay(this.#attempts));
    this.#attempts += 1;
  }

  #end(problem: Problem | null): void {
    if (this.#state === "ended") return;
    clearTimeout(this.#timer);
    this.#problem = problem;
    this.#closing.abort();
    // First, so that the loss of the socket is none.
    this.#enter("ended");
    this.#socket.disconnect();
  }

  #enter(state: FeedState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell(() => this.#listener.state?.(state));
  }

  /** What a listener throws is its own affair, and does not keep anything from the others. */
  #tell(hear: () => void): void {
    try {
      hear();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Calls without an end, but the feed's. */
  #patience() {
    return { attempts: Number.POSITIVE_INFINITY, signal: this.#closing.signal };
  }

  /** Looks for groups that were joined or left while nobody listened. */
  async #compare(): Promise<void> {
    const named = this.#named;
    const gone = new Set(named);
    try {
      for await (const { id, read_seq, last_seq } of groupsOf(this.#api, this.#patience())) {
        gone.delete(id);
        this.#place(id, read_seq);
        if (!named.has(id)) this.#fill(id, last_seq);
      }
      // A group can slip from page to page while they are read.
      for (const id of gone) await this.#show(id);
    } catch (error) {
      this.#failed(error);
    }
  }

  #hear(message: Message): void {
    const { group_id: group, seq } = message;
    this.#place(group, seq - 1);
    const position = this.#positions.get(group) ?? 0;
    if (this.#fresh.has(group) || this.#reach.has(group)) this.#fill(group, seq);
    else if (seq === position + 1) this.#next(message);
    else if (seq > position) this.#fill(group, seq);
  }

  #next(message: Message): void {
    if (this.#state === "ended") return;
    this.#fresh.delete(message.group_id);
    this.#positions.set(message.group_id, message.seq);
    this.#tell(() => this.#listener.message(message));
  }

  #member(change: MemberChange): void {
    const { group_id: group, user_id } = change;
    if (user_id === this.#me && change.change === "left") this.#forget(group);
    if (user_id === this.#me && change.change === "joined") {
      // Only who makes a group joins it as its owner.
      if (change.role === "owner") this.#place(group, 0);
      this.#fill(group, 1);
    }
    this.#tell(() => this.#listener.member?.(change));
  }

  #resync({ group_id: group, last_seq }: Resync): void {
    const position = this.#positions.get(group);
    if (position === undefined || last_seq > position) this.#fill(group, last_seq);
    else if (last_seq < position) void this.#check(group);
  }

  #forget(group: string): void {
    this.#positions.delete(group);
    this.#fresh.delete(group);
  }

  /**
   * A group may begin here, unless something was told of it: at the first of all such places. One's own messages move
   * the marker, and are told all the same where the group is known to begin before them.
   */
  #place(group: string, position: number): void {
    const known = this.#positions.get(group);
    if (known === undefined) this.#fresh.add(group);
    else if (!this.#fresh.has(group)) return;
    this.#positions.set(group, Math.min(position, known ?? position));
  }

  /** Reading may be ahead of the socket; a log that is shorter than what was told of it is another log. */
  async #check(group: string): Promise<void> {
    const shown = await this.#show(group);
    const after = this.#positions.get(group);
    if (!shown || after === undefined || shown.last_seq >= after) return;
    this.#skip({ group_id: group, after, last_seq: shown.last_seq });
  }

  /** The group, unless it is no longer one of the user's. */
  async #show(id: string) {
    try {
      const asked = { path: { id }, query: { limit: 1 } };
      return await again(() => this.#api.get("/api/v1/groups/{id}", asked), this.#patience());
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.#forget(id);
      else this.#failed(error);
      return undefined;
    }
  }

  #skip(gap: Gap): void {
    this.#fresh.delete(gap.group_id);
    this.#positions.set(gap.group_id, gap.last_seq);
    this.#tell(() => this.#listener.gap(gap));
  }

  /** Sees to it that a group is read up to here. What the socket brings meanwhile is read too. */
  #fill(group: string, to: number): void {
    const reading = this.#reach.get(group);
    this.#reach.set(group, Math.max(to, reading ?? 0));
    if (reading === undefined) void this.#read(group);
  }

  async #read(group: string): Promise<void> {
    try {
      if (this.#fresh.has(group) || !this.#positions.has(group)) {
        const shown = await this.#show(group);
        if (!shown) return;
        // A new group begins where its member has read to.
        this.#place(group, shown.read_seq);
        this.#fill(group, shown.last_seq);
      }
      for (;;) {
        const after = this.#positions.get(group);
        const last_seq = this.#reach.get(group) ?? 0;
        if (after === undefined || after >= last_seq) return;
        if (last_seq - after > this.#catchUp) {
          this.#skip({ group_id: group, after, last_seq });
          return;
        }
        const asked = { path: { id: group }, query: { after, limit: PAGE } };
        const call = () => this.#api.get("/api/v1/groups/{id}/messages", asked);
        const { messages } = await again(call, this.#patience());
        if (this.#state === "ended" || !this.#positions.has(group)) return;
        for (const message of messages) this.#next(message);
        if (messages.length === 0) this.#skip({ group_id: group, after, last_seq });
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.#forget(group);
      else this.#failed(error);
    } finally {
      this.#reach.delete(group);
    }
  }

  /** A call went wrong for good. */
  #failed(error: unknown): void {
    if (this.#state === "ended") return;
    if (!(error instanceof Problem)) throw error;
    this.#end(error);
  }
}
