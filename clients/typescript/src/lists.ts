import { again, type Patience } from "./again.js";
import type { Api } from "./api.js";
import type { Group, Membership, Message } from "./types.js";

/** How many are read at once: the most that the server gives. */
const PAGE = 100;

interface Page {
  page: { next: string | null };
}

/** Page by page until the last. */
async function* pages<P extends Page>(read: (cursor: { cursor?: string }) => Promise<P>, patience: Patience) {
  let next: string | null = null;
  do {
    const cursor = next === null ? {} : { cursor: next };
    const page: P = await again(() => read(cursor), patience);
    yield page;
    next = page.page.next;
  } while (next !== null);
}

/** All groups of the caller, latest activity first. */
export async function* groupsOf(api: Api, patience: Patience = {}): AsyncGenerator<Group, void> {
  const read = (cursor: { cursor?: string }) =>
    api.get("/api/v1/groups", { query: { limit: PAGE, ...cursor } });
  for await (const { groups } of pages(read, patience)) yield* groups;
}

/** All members of a group, in the order of joining. */
export async function* membersOf(api: Api, id: string): AsyncGenerator<Membership, void> {
  const read = (cursor: { cursor?: string }) =>
    api.get("/api/v1/groups/{id}/members", { path: { id }, query: { limit: PAGE, ...cursor } });
  for await (const { members } of pages(read, {})) yield* members;
}

/** The messages of a group before a position, newest first; without one, from the newest. */
export async function* messagesBefore(api: Api, id: string, before?: number): AsyncGenerator<Message, void> {
  let query: { limit: number; before?: number } = { limit: PAGE };
  if (before !== undefined) query.before = before;
  for (;;) {
    const asked = { path: { id }, query };
    const { messages, page } = await again(() => api.get("/api/v1/groups/{id}/messages", asked));
    yield* messages;
    if (page.before === null) return;
    query = { limit: PAGE, before: page.before };
  }
}

/** The messages of a group after a position, oldest first, up to the newest. */
export async function* messagesAfter(api: Api, id: string, after: number): AsyncGenerator<Message, void> {
  for (let position = after; ; ) {
    const asked = { path: { id }, query: { limit: PAGE, after: position } };
    const { messages, page } = await again(() => api.get("/api/v1/groups/{id}/messages", asked));
    yield* messages;
    if (!page.has_more) return;
    position = messages.at(-1)?.seq ?? position;
  }
}
