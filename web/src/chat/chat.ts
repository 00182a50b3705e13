import { computed, effect, signal } from "@preact/signals";
import { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Group, Message, Session } from "../api/types";
import { Announcer } from "./announcer";
import { Company } from "./company";
import { Connection, type MemberChange } from "./connection";
import { Groups } from "./groups";
import { Log } from "./log";
import { Markers } from "./markers";
import { Names } from "./names";
import { Outbox } from "./outbox";

/** How many groups are read at once. */
const PAGE = 100;
/** A loss of the connection is noticed after this time, in milliseconds. */
export const NOTICED = 1_200;
/** For how long it is told how much was caught up, in milliseconds. */
const TOLD = 6_000;

/** Everything that one signed-in person sees and does. Two of them can be in one page. */
export class Chat {
  readonly me: Session;
  readonly api: Api;
  readonly groups: Groups;
  readonly names: Names;
  readonly outbox: Outbox;
  readonly connection: Connection;
  readonly company: Company;
  readonly announcer = new Announcer();
  /** The group that is open. */
  readonly log = signal<Log | null>(null);
  readonly open = computed(() => this.groups.all.value.get(this.log.value?.group ?? ""));
  /** How many messages came while there was no connection, once there is one again. */
  readonly caughtUp = signal<number | null>(null);
  /** Counts what happened to the members of groups, so that who shows them reads them anew. */
  readonly memberChange = signal<MemberChange | null>(null);
  /** Hears of a new message of somebody else's, once: of several that came at once in a group, of the last. */
  onMessage: (message: Message, group: Group) => void = () => {};
  /** Hears that the open group is open no more: left, removed, or gone. */
  onGone: (group: Group) => void = () => {};

  readonly #markers: Markers;
  readonly #undo: (() => void)[] = [];
  /** What came for groups that were not known yet. */
  #early: Message[] = [];
  /** Up to where each group's messages were told of. */
  readonly #told = new Map<string, number>();
  /** The groups' last positions when the connection was lost. */
  #left: Record<string, number> | null = null;
  /** When that was, in milliseconds since 1970. */
  #leftAt = 0;
  #sentMeanwhile = 0;
  /** The groups' last positions when the API was last lost. */
  #cutOff: Record<string, number> = {};
  #telling: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(me: Session, realtime: string, signedOut: (problem: Problem) => void) {
    this.me = me;
    // Who has signed out is not told so by the calls that were under way.
    const refused = (problem: Problem) => {
      if (!this.#ended) signedOut(problem);
    };
    this.api = new Api(me.token, refused);
    this.groups = new Groups(me.id);
    this.names = new Names(this.api);
    this.names.learn([[me.id, me.name]]);
    this.#markers = new Markers(this.api);
    this.connection = new Connection(realtime, me.token, {
      have: () => this.groups.have(),
      sync: (all) => this.#sync(all),
      signedOut: refused,
    });
    this.company = new Company(this.connection, this.names);
    this.company.onTyping = (name) => this.announcer.aside(`${name} is typing`);
    this.outbox = new Outbox(this.api, me.id, {
      reachable: () => this.connection.reachable.peek(),
      lost: () => this.connection.lost(),
      stored: (message) => {
        if (this.#left) this.#sentMeanwhile += 1;
        this.#hear(message);
      },
    });
  }

  start(): void {
    const { connection } = this;
    connection.on("message", (message) => this.#hear(message));
    connection.on("member", (change) => void this.#member(change));
    connection.on("group", ({ group_id, ...title }) => this.groups.rename(group_id, title));
    connection.on("read", ({ group_id, read_seq }) => this.groups.read(group_id, read_seq));
    connection.on("erased", ({ group_id, seq }) => {
      this.groups.erase(group_id, seq);
      if (this.log.peek()?.group === group_id) this.log.peek()?.erase(seq);
    });
    connection.on("resync", ({ group_id, last_seq }) => {
      this.groups.reach(group_id, last_seq);
      void this.#refresh(group_id);
    });
    this.company.start();
    this.#undo.push(
      effect(() => this.company.enter(connection.live.value ? (this.log.value?.group ?? null) : null)),
      effect(() => {
        if (!connection.reachable.value) {
          this.#cutOff = this.groups.have();
          return;
        }
        this.outbox.flush();
      }),
      effect(() => this.#watch(connection.whole.value)),
      effect(() => {
        const log = this.log.value;
        const last = log?.items.value.at(-1)?.seq ?? 0;
        // What is shown in the log is no longer shown as sent.
        this.outbox.prune(({ group_id, seq }) => group_id !== log?.group || (seq ?? 0) <= last);
      }),
    );
    const leave = () => void this.#markers.tell();
    addEventListener("pagehide", leave);
    this.#undo.push(() => removeEventListener("pagehide", leave));
    void connection.start();
  }

  end(): void {
    this.#ended = true;
    for (const undo of this.#undo) undo();
    clearTimeout(this.#telling);
    this.company.enter(null);
    this.log.peek()?.close();
    this.outbox.end();
    this.announcer.end();
    this.#markers.end();
    this.connection.end();
  }

  /** Opens a group, or none. */
  show(id: string | null): void {
    if (id === (this.log.peek()?.group ?? null)) return;
    this.log.peek()?.close();
    if (id === null || !this.groups.get(id)) {
      this.log.value = null;
      return;
    }
    const log = new Log(this.api, this.groups, id, (messages) => {
      // What was read may be newer than what was heard of.
      const newest = messages.at(-1);
      if (newest) this.groups.hear(newest);
      this.#tell(id);
      for (const { user_id } of messages) void this.names.need(id, user_id);
    });
    this.log.value = log;
    void log.open();
  }

  /** Sends to the open group. */
  async send(text: string): Promise<void> {
    const log = this.log.peek();
    if (!log) return;
    log.divider.value = null;
    this.outbox.send(log.group, text);
    await log.toNewest();
  }

  /** Takes everything in the open group as read, and goes to its end. */
  catchUp(): void {
    const [log, group] = [this.log.peek(), this.open.peek()];
    if (!log || !group) return;
    log.divider.value = null;
    this.seen(group.last_seq);
    void log.toNewest();
  }

  /** Somebody looks at the open group's log down to here. */
  seen(seq: number): void {
    const group = this.open.peek();
    if (!group || seq <= group.read_seq) return;
    this.groups.read(group.id, seq);
    this.#markers.read(group.id, seq);
  }

  /** Puts a group into the list that the API has just answered. */
  put(group: Group): void {
    this.groups.merge([group]);
  }

  /** The group is no longer this person's. */
  gone(id: string): void {
    const group = this.groups.get(id);
    const open = this.log.peek()?.group === id;
    if (open) this.show(null);
    this.groups.remove(id);
    this.#told.delete(id);
    this.#early = this.#early.filter(({ group_id }) => group_id !== id);
    if (open && group) this.onGone(group);
  }

  async leave(id: string): Promise<void> {
    const path = { id, user_id: this.me.id };
    await this.api.delete("/api/v1/groups/{id}/members/{user_id}", { path });
    this.gone(id);
  }

  async deleteGroup(id: string): Promise<void> {
    await this.api.delete("/api/v1/groups/{id}", { path: { id } });
    this.gone(id);
  }

  /** Takes a message, from wherever it comes first. */
  #hear(message: Message): void {
    if (message.user_id === this.me.id) this.outbox.acknowledge(message);
    const before = this.groups.get(message.group_id);
    const heard = this.groups.hear(message);
    if (heard === "unknown group") {
      this.#early.push(message);
      if (this.groups.loaded.peek()) void this.#refresh(message.group_id);
      return;
    }
    if (this.log.peek()?.group === message.group_id) {
      if (message.user_id) this.company.stopped(message.user_id);
      this.#divide(before);
      this.log.peek()?.hear(message);
    }
    // What was missed comes in one by one, and is told of once all of it is there.
    if (this.connection.live.peek()) this.#tell(message.group_id);
  }

  async #member(change: MemberChange): Promise<void> {
    const { group_id, user_id, role } = change;
    const group = this.groups.get(group_id);
    if (user_id === this.me.id) {
      if (change.change === "left") this.gone(group_id);
      else if (change.change === "role" && role) this.groups.change(group_id, { role });
      else await this.#refresh(group_id);
    } else if (group && change.change !== "role") {
      const step = change.change === "joined" ? 1 : -1;
      this.groups.change(group_id, { member_count: group.member_count + step });
    }
    this.memberChange.value = change;
  }

  /** Reads one group anew. */
  async #refresh(id: string): Promise<void> {
    try {
      const path = { id };
      const answer = await this.api.get("/api/v1/groups/{id}", { path, query: { limit: 1 } });
      const { messages: _, page: __, ...group } = answer;
      this.put(group);
      this.#replay();
      this.#tell(id);
      if (this.log.peek()?.group === id) this.log.peek()?.settle();
    } catch (error) {
      if (error instanceof Problem && error.status === 404) this.gone(id);
    }
  }

  /** Shows where the new messages of the open group begin, unless somebody sees them come. */
  #divide(before: Group | undefined): void {
    const [log, now] = [this.log.peek(), this.open.peek()];
    if (!log || !now || before?.read_seq !== before?.last_seq || now.unread_count === 0) return;
    const reachable = this.connection.reachable.peek();
    if (reachable && log.following.peek() && document.hasFocus()) return;
    // What was missed comes in one by one, and is seen as it comes.
    log.divider.value = (reachable ? before?.last_seq : this.#cutOff[now.id]) ?? null;
  }

  async #sync(all: boolean): Promise<void> {
    const before = this.groups.all.peek();
    const open = this.open.peek();
    const told = new Set<string>();
    let cursor: string | undefined;
    let news = true;
    do {
      const query = cursor ? { limit: PAGE, cursor } : { limit: PAGE };
      const { groups, page } = await this.api.get("/api/v1/groups", { query });
      news = this.groups.merge(groups);
      for (const { id } of groups) told.add(id);
      cursor = page.next ?? undefined;
      // The list is in the order of activity: below a page without news there is none.
    } while (cursor && (all || news));
    this.groups.loaded.value = true;
    this.#replay();
    // A group can slip from page to page while they are read: one that was not told is asked for.
    const untold = [...before.keys()].filter((id) => !told.has(id));
    if (!cursor) await Promise.all(untold.map((id) => this.#refresh(id)));
    for (const id of this.groups.all.peek().keys()) this.#tell(id);
    if (open && open.id === this.open.peek()?.id) this.#divide(open);
    this.log.peek()?.settle();
  }

  /** Tells of a group's last message, from wherever it was heard first. */
  #tell(id: string): void {
    const group = this.groups.get(id);
    if (!group) return;
    const { last_message: message, last_seq, read_seq } = group;
    const told = this.#told.get(id) ?? last_seq;
    this.#told.set(id, Math.max(told, message?.seq ?? 0));
    if (!message || message.seq <= Math.max(told, read_seq) || message.user_id === this.me.id) return;
    this.onMessage(message, group);
  }

  #replay(): void {
    const early = this.#early.filter(({ group_id }) => this.groups.get(group_id));
    this.#early = this.#early.filter(({ group_id }) => !this.groups.get(group_id));
    for (const message of early) this.#hear(message);
  }

  /** Counts what is missed between a loss of the connection and its return. */
  #watch(whole: boolean): void {
    if (!this.groups.loaded.peek()) return;
    if (!whole) {
      this.#leftAt = this.#left ? this.#leftAt : Date.now();
      this.#left ??= this.groups.have();
      this.caughtUp.value = null;
      return;
    }
    if (!this.#left) return;
    const now = this.groups.have();
    const came = Object.entries(this.#left).map(([id, seq]) => Math.max(0, (now[id] ?? 0) - seq));
    const missed = came.reduce((sum, number) => sum + number, 0) - this.#sentMeanwhile;
    this.#left = null;
    this.#sentMeanwhile = 0;
    // A short loss without a consequence is not worth a word.
    if (missed === 0 && Date.now() - this.#leftAt < NOTICED) return;
    this.caughtUp.value = missed;
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => {
      this.caughtUp.value = null;
    }, TOLD);
  }
}
