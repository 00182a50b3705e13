import type { TargetedKeyboardEvent } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { Group } from "../api/types";
import type { Chat } from "../chat/chat";
import { activity } from "../chat/groups";
import { shortTime } from "../lib/times";
import { count } from "../lib/words";
import type { Route } from "../route";
import { line } from "../text/line";
import { Avatar } from "./avatar";

/** One's groups, latest activity first. One of them is a stop of the Tab key; arrows lead to the others. */
export function GroupList({ chat, route }: { chat: Chat; route: Route }) {
  const list = useRef<HTMLUListElement>(null);
  const groups = chat.groups.listed.value;
  const open = route.group.value;
  const stop = groups.some(({ id }) => id === open) ? open : groups[0]?.id;

  const press = (event: TargetedKeyboardEvent<HTMLUListElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    buttons[next]?.focus();
  };

  if (!chat.groups.loaded.value) return <p class="soft pad">Loading…</p>;
  return (
    <ul class="groups" ref={list} onKeyDown={press}>
      {groups.map((group) => (
        <Entry
          key={group.id}
          group={group}
          open={group.id === open}
          stop={group.id === stop}
          chat={chat}
          route={route}
        />
      ))}
    </ul>
  );
}

interface EntryProps {
  group: Group;
  open: boolean;
  stop: boolean;
  chat: Chat;
  route: Route;
}

function Entry({ group, open, stop, chat, route }: EntryProps) {
  const author = group.last_message?.user_id ?? "";
  const name = author === chat.me.id ? "You" : chat.names.known.value.get(author);
  // Of hundreds of groups mostly one has changed: the others stay as they were drawn.
  return useMemo(() => {
    const { unread_count: unread } = group;
    return (
      <li>
        <button
          type="button"
          class={unread ? "unread" : ""}
          aria-current={open ? "true" : undefined}
          tabIndex={stop ? 0 : -1}
          onClick={() => route.go(group.id)}
        >
          <Avatar id={group.id} name={group.name} square />
          <span class="name">
            <bdi>{group.name}</bdi>
          </span>
          <time dateTime={activity(group)}>{shortTime(activity(group))}</time>
          <span class="last">
            <bdi>{lastWords(group, name)}</bdi>
          </span>
          {unread ? (
            <span class="count">
              <span aria-hidden="true">{unread > 999 ? "999+" : unread}</span>
              <span class="hidden">{count(unread, "unread message")}</span>
            </span>
          ) : null}
        </button>
      </li>
    );
  }, [group, open, stop, name, route]);
}

function lastWords({ last_message, description }: Group, author: string | null | undefined): string {
  if (!last_message) return description || "No messages yet";
  const text = last_message.message;
  // A list shows a line of it; the rest need not be laid out.
  const words = text === null ? "A message that was erased" : line(text.slice(0, 200));
  return author ? `${author}: ${words}` : words;
}
