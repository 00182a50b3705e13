import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Message, Session } from "../api/types";
import type { Entry, Outbox } from "../chat/outbox";
import { clockTime, dayName, fullTime } from "../lib/times";
import { Text } from "../text/text";
import { Avatar } from "./avatar";
import type { Row as LogRow } from "./rows";

interface RowViewProps {
  row: LogRow;
  names: ReadonlyMap<string, string | null>;
  me: Session;
  outbox: Outbox;
  /** Does the API answer? */
  reachable: boolean;
}

/** Whatever stands in the log. */
export function RowView({ row, names, me, outbox, reachable }: RowViewProps) {
  switch (row.kind) {
    case "day":
      return (
        <li class="day">
          <span>{dayName(row.time)}</span>
        </li>
      );
    case "new":
      return (
        <li class="new">
          <span>New messages</span>
        </li>
      );
    case "message": {
      const { user_id } = row.message;
      const name = names.get(user_id ?? "");
      return <MessageRow message={row.message} head={row.head} name={name} mine={user_id === me.id} />;
    }
    case "entry":
      return <EntryRow entry={row.entry} head={row.head} me={me} outbox={outbox} reachable={reachable} />;
  }
}

interface MessageRowProps {
  message: Message;
  head: boolean;
  /** The author's; undefined while it is not known, null once they are gone. */
  name: string | null | undefined;
  mine: boolean;
}

/** A message of the log. */
function MessageRow({ message, head, name, mine }: MessageRowProps) {
  // Hundreds stand below each other, and change alone.
  return useMemo(
    () => (
      <Row
        seq={message.seq}
        author={message.user_id ?? ""}
        name={message.erased || name === null ? "Former member" : (name ?? "…")}
        time={message.created_at}
        head={head}
        mine={mine}
      >
        {message.message === null ? (
          <p class="soft">This message was erased.</p>
        ) : (
          <Text text={message.message} />
        )}
      </Row>
    ),
    [message, head, name, mine],
  );
}

interface EntryRowProps {
  entry: Entry;
  head: boolean;
  me: Session;
  outbox: Outbox;
  reachable: boolean;
}

/** A message on its way. */
function EntryRow({ entry, head, me, outbox, reachable }: EntryRowProps) {
  const { id, state, text, created_at, why } = entry;
  return (
    <Row author={me.id} name={me.name} time={created_at} head={head} mine={true} state={state}>
      <Text text={text} />
      {state === "failed" ? (
        <p class="wrong" role="alert">
          Not sent: {why}.{" "}
          <button type="button" onClick={() => outbox.retry(id)}>
            Try again
          </button>{" "}
          <button type="button" onClick={() => outbox.discard(id)}>
            Discard
          </button>
        </p>
      ) : null}
      {state === "waiting" || state === "sending" ? (
        <p class="soft state">{reachable ? "Sending…" : "Waits for the connection"}</p>
      ) : null}
    </Row>
  );
}

interface RowProps {
  seq?: number;
  author: string;
  name: string;
  time: string;
  head: boolean;
  mine: boolean;
  state?: Entry["state"];
  children: ComponentChildren;
}

function Row({ seq, author, name, time, head, mine, state, children }: RowProps) {
  const at = (
    <time dateTime={time} title={fullTime(time)}>
      {clockTime(time)}
    </time>
  );
  return (
    <li class={`row ${head ? "head" : ""} ${mine ? "mine" : ""} ${state ?? ""}`} data-seq={seq}>
      {head ? <Avatar id={author} name={name} /> : <span class="gutter">{at}</span>}
      <div class="body">
        {head ? (
          <p class="by">
            <strong>
              <bdi>{name}</bdi>
            </strong>{" "}
            {at}
          </p>
        ) : (
          <span class="hidden">{name}: </span>
        )}
        {children}
      </div>
    </li>
  );
}
