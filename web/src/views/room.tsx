import type { Chat } from "../chat/chat";
import type { Log } from "../chat/log";
import { count } from "../lib/words";
import type { Route } from "../route";
import { Composer } from "./composer";
import type { Show } from "./dialogs";
import { Icon } from "./icons";
import { LogView } from "./log";
import { Menu } from "./menu";
import { Typing } from "./typing";

/** The group that is open. */
export function Room({ chat, log, route, show }: { chat: Chat; log: Log; route: Route; show: Show }) {
  const group = chat.open.value;
  const online = chat.company.online.value;
  if (!group) return null;
  const staff = group.role === "owner" || group.role === "admin";
  return (
    <div class="room">
      <header>
        <button type="button" class="plain back" onClick={() => route.go(null)}>
          <Icon name="back" />
          <span class="hidden">All groups</span>
        </button>
        <div class="title">
          <h2>
            <bdi>{group.name}</bdi>
          </h2>
          {group.description ? (
            <p>
              <bdi>{group.description}</bdi>
            </p>
          ) : null}
        </div>
        {online ? (
          <p class="online">
            <span class="dot" />
            <span>
              {online.count.toLocaleString()} <span class="label">online</span>
            </span>
          </p>
        ) : null}
        <button type="button" class="plain wide" onClick={() => show({ what: "members", group: group.id })}>
          <Icon name="members" /> {group.member_count.toLocaleString()}
          <span class="hidden">{count(group.member_count, "member").replace(/^\S+ /, " ")}</span>
        </button>
        {staff && !chat.me.guest ? (
          <button type="button" class="plain wide" onClick={() => show({ what: "invite", group: group.id })}>
            <Icon name="link" /> <span class="label">Invite</span>
          </button>
        ) : null}
        <Menu label="More about this group">
          {staff ? (
            <button type="button" onClick={() => show({ what: "edit", group: group.id })}>
              <Icon name="edit" /> Edit the group
            </button>
          ) : null}
          <button type="button" onClick={() => show({ what: "leave", group: group.id })}>
            <Icon name="leave" /> Leave the group
          </button>
          {group.role === "owner" ? (
            <button type="button" class="danger" onClick={() => show({ what: "delete", group: group.id })}>
              <Icon name="trash" /> Delete the group
            </button>
          ) : null}
        </Menu>
      </header>
      <LogView chat={chat} log={log} group={group} />
      <Typing chat={chat} />
      <Composer chat={chat} group={group} />
    </div>
  );
}
