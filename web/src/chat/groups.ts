import { computed, signal } from "@preact/signals";
import type { Group, Message } from "../api/types";

/** What a message did to the list. */
export type Heard = "new" | "known" | "unknown group";

/** What a group is called, and since when. */
type Title = Pick<Group, "name" | "description" | "updated_at">;

/** When something last happened in a group. */
export function activity(group: Group): string {
  return group.last_message?.created_at ?? group.created_at;
}

/** Somebody's groups, kept by what is heard and read of them. Nothing in it goes backwards. */
export class Groups {
  readonly all = signal<ReadonlyMap<string, Group>>(new Map());
  /** Has the list been read once? */
  readonly loaded = signal(false);
  /** Latest activity first. */
  readonly listed = computed(() =>
    [...this.all.value.values()].sort((one, other) => (activity(one) < activity(other) ? 1 : -1)),
  );
  readonly unread = computed(() =>
    this.listed.value.reduce((sum, { unread_count }) => sum + unread_count, 0),
  );
  readonly #me: string;

  constructor(me: string) {
    this.#me = me;
  }

  get(id: string): Group | undefined {
    return this.all.value.get(id);
  }

  /** The last position of each: what real time is told at the next connection. */
  have(): Record<string, number> {
    return Object.fromEntries([...this.all.peek()].map(([id, { last_seq }]) => [id, last_seq]));
  }

  /** Takes what the API says. What is known already may be newer. Answers whether there was news. */
  merge(groups: readonly Group[]): boolean {
    const all = new Map(this.all.peek());
    let news = false;
    for (const told of groups) {
      const known = all.get(told.id);
      news ||= known === undefined || known.last_seq < told.last_seq;
      all.set(told.id, known ? merged(known, told) : told);
    }
    this.all.value = all;
    return news;
  }

  remove(id: string): void {
    const all = new Map(this.all.peek());
    if (all.delete(id)) this.all.value = all;
  }

  hear(message: Message): Heard {
    const group = this.all.peek().get(message.group_id);
    if (!group) return "unknown group";
    if (message.seq <= group.last_seq) return "known";
    const read = message.user_id === this.#me ? message.seq : group.read_seq;
    this.#put({ ...group, last_seq: message.seq, last_message: message, read_seq: read });
    return "new";
  }

  /** Somebody has read so far: here, or on another device. */
  read(id: string, seq: number): void {
    const group = this.all.peek().get(id);
    if (group && seq > group.read_seq) this.#put({ ...group, read_seq: Math.min(seq, group.last_seq) });
  }

  /** There are messages up to here, which were not sent. */
  reach(id: string, seq: number): void {
    const group = this.all.peek().get(id);
    if (group && seq > group.last_seq) this.#put({ ...group, last_seq: seq });
  }

  erase(id: string, seq: number): void {
    const group = this.all.peek().get(id);
    if (group?.last_message?.seq === seq) {
      this.#put({ ...group, last_message: erased(group.last_message) });
    }
  }

  /** A group is called something else now. */
  rename(id: string, change: Title): void {
    const group = this.all.peek().get(id);
    if (group) this.#put({ ...group, ...latest(group, change) });
  }

  change(id: string, change: Partial<Group>): void {
    const group = this.all.peek().get(id);
    if (group) this.#put({ ...group, ...change });
  }

  #put(group: Group): void {
    this.all.value = new Map(this.all.peek()).set(group.id, counted(group));
  }
}

/** A message without its text and author. */
export function erased(message: Message): Message {
  return { ...message, message: null, user_id: null, erased: true };
}

function counted(group: Group): Group {
  return { ...group, unread_count: Math.max(0, group.last_seq - group.read_seq) };
}

function merged(known: Group, told: Group): Group {
  const newer = known.last_seq > told.last_seq ? known : told;
  const { last_seq, last_message } = newer;
  const read_seq = Math.max(known.read_seq, told.read_seq);
  return counted({ ...told, ...latest(known, told), last_seq, last_message, read_seq });
}

/** The later of two titles. The server writes all times alike. */
function latest(known: Title, told: Title): Title {
  const { name, description, updated_at } = known.updated_at > told.updated_at ? known : told;
  return { name, description, updated_at };
}
