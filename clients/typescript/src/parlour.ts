import { again, type Patience } from "./again.js";
import { Api, type ApiSettings } from "./api.js";
import { Feed, type FeedSettings, type Listener } from "./feed.js";
import { newId } from "./ids.js";
import { groupsOf, membersOf, messagesAfter, messagesBefore } from "./lists.js";
import type { Group, Membership, Message, Schema, Session } from "./types.js";

export type Settings = Omit<ApiSettings, "url" | "token">;

/** Something that names its own id, so that doing it again does it once. */
export interface Named extends Patience {
  /** One of one's own, such as `newId()` gives, kept until there was an answer. */
  id?: string;
}

/**
 * One person who is signed in at one server.
 *
 * Calls that may safely be made twice are made again while nobody answers; `api` has all others, each made once.
 */
export class Parlour {
  readonly api: Api;
  /** The user, with their token and when it ends: enough to go on later by `new Parlour(url, session)`. */
  readonly session: Session;
  readonly #feeds = new Set<Feed>();

  constructor(url: string, session: Session, settings: Settings = {}) {
    this.session = session;
    this.api = new Api({ ...settings, url, token: session.token });
  }

  /** Makes an account. Not made again: whether it was made, `signIn` tells. */
  static async signUp(url: string, user: Schema<"SignUp">, settings: Settings = {}): Promise<Parlour> {
    const api = new Api({ ...settings, url });
    return new Parlour(url, await api.post("/api/v1/users", { body: { user } }), settings);
  }

  static async signIn(url: string, user: Schema<"SignIn">, settings: Settings = {}): Promise<Parlour> {
    const api = new Api({ ...settings, url });
    const session = await again(() => api.post("/api/v1/users/sign_in", { body: { user } }));
    return new Parlour(url, session, settings);
  }

  /** A throw-away account, where the server has them. */
  static async guest(url: string, settings: Settings = {}): Promise<Parlour> {
    const session = await new Api({ ...settings, url }).post("/api/v1/users/guest");
    return new Parlour(url, session, settings);
  }

  /** Revokes the token, and ends the feeds. */
  async signOut(): Promise<void> {
    for (const feed of this.#feeds) feed.close();
    this.#feeds.clear();
    await this.api.delete("/api/v1/users/sign_out");
  }

  /** All own groups, latest activity first. */
  groups(): AsyncGenerator<Group, void> {
    return groupsOf(this.api);
  }

  /** All members of a group, in the order of joining. */
  members(group: string): AsyncGenerator<Membership, void> {
    return membersOf(this.api, group);
  }

  /** The messages of a group before a position, newest first; without one, from the newest. */
  history(group: string, before?: number): AsyncGenerator<Message, void> {
    return messagesBefore(this.api, group, before);
  }

  /** The messages of a group after a position, oldest first. */
  since(group: string, after: number): AsyncGenerator<Message, void> {
    return messagesAfter(this.api, group, after);
  }

  async createGroup(
    group: Omit<Schema<"CreateGroup">, "id">,
    { id = newId(), ...patience }: Named = {},
  ): Promise<Group> {
    const body = { group: { ...group, id } };
    const made = await again(() => this.api.post("/api/v1/groups", { body }), patience);
    for (const feed of this.#feeds) feed.know(made);
    return made;
  }

  /** Adds somebody by their id or their address; who is in already stays so. */
  addMember(group: string, member: Schema<"AddMember">): Promise<Membership> {
    const asked = { path: { id: group }, body: { member } };
    return again(() => this.api.post("/api/v1/groups/{id}/members", asked));
  }

  /** Sends a message: one, however often it takes. */
  send(group: string, text: string, { id = newId(), ...patience }: Named = {}): Promise<Message> {
    const asked = { path: { id: group }, body: { message: { id, message: text } } };
    return again(() => this.api.post("/api/v1/groups/{id}/messages", asked), patience);
  }

  /** Moves the own marker forward. */
  async read(group: string, seq: number): Promise<void> {
    const asked = { path: { id: group }, body: { read: { seq } } };
    await again(() => this.api.put("/api/v1/groups/{id}/read", asked));
  }

  /** Tells what happens in all own groups: from the moment when this returns, each message. */
  async listen(listener: Listener, settings: FeedSettings = {}): Promise<Feed> {
    const { realtime_url } = await again(() => this.api.get("/config.json"));
    const feed = new Feed(this.api, realtime_url, this.session, listener, settings);
    this.#feeds.add(feed);
    await feed.start();
    return feed;
  }
}
