import type { Message } from "../api/types";
import type { Entry } from "../chat/outbox";
import { sameDay } from "../lib/times";

/** After so long a silence an author is named again, in milliseconds. */
const SILENCE = 5 * 60_000;

/** What stands in the log, one below the other. */
export type Row =
  | { kind: "day"; key: string; time: string }
  | { kind: "new"; key: string }
  /** `head`: the first of its author's in a row. */
  | { kind: "message"; key: string; message: Message; head: boolean }
  | { kind: "entry"; key: string; entry: Entry; head: boolean };

/** The rows of a piece of the log, with what is on its way below it. */
export function rows(
  messages: readonly Message[],
  entries: readonly Entry[],
  divider: number | null,
  me: string,
) {
  const rows: Row[] = [];
  let before: { user_id: string | null; created_at: string } | undefined;
  /** Answers whether a row that comes next names its author. */
  const head = (user_id: string | null, created_at: string, begins: boolean): boolean => {
    const sameAuthor = before?.user_id === user_id && !begins;
    const soon = before && Date.parse(created_at) - Date.parse(before.created_at) < SILENCE;
    before = { user_id, created_at };
    return !sameAuthor || !soon;
  };
  for (const message of messages) {
    const { created_at, seq, user_id } = message;
    const newDay = !before || !sameDay(before.created_at, created_at);
    if (newDay) rows.push({ kind: "day", key: `day ${created_at.slice(0, 10)} ${seq}`, time: created_at });
    const isNew = divider !== null && seq === divider + 1;
    if (isNew) rows.push({ kind: "new", key: "new" });
    rows.push({
      kind: "message",
      key: message.id,
      message,
      head: head(user_id, created_at, newDay || isNew),
    });
  }
  for (const entry of entries) {
    rows.push({ kind: "entry", key: entry.id, entry, head: head(me, entry.created_at, false) });
  }
  return rows;
}
