import type { Chat } from "../chat/chat";
import { canNotify, notifies, setNotifies } from "../notify";
import type { Route } from "../route";
import { sessions, signOut } from "../sessions";
import { Avatar } from "./avatar";
import type { Show } from "./dialogs";
import { GroupList } from "./group-list";
import { Icon } from "./icons";
import { Menu } from "./menu";

/** Whose groups these are, and the groups. */
export function Side({ chat, route, show }: { chat: Chat; route: Route; show: Show }) {
  const { me } = chat;
  return (
    <nav class="side" aria-label={`Groups of ${me.name}`}>
      <header>
        <Avatar id={me.id} name={me.name} />
        <strong class="name">
          <bdi>{me.name}</bdi>
        </strong>
        <button
          type="button"
          class="plain"
          title="Find a group (Ctrl K)"
          onClick={() => show({ what: "switcher" })}
        >
          <Icon name="search" />
          <span class="hidden">Find a group</span>
        </button>
        <button type="button" class="plain" title="New group" onClick={() => show({ what: "new group" })}>
          <Icon name="add" />
          <span class="hidden">New group</span>
        </button>
        <Menu label="More">
          {canNotify ? (
            <button
              type="button"
              aria-pressed={notifies.value}
              onClick={() => void setNotifies(!notifies.peek())}
            >
              <Icon name="bell" /> {notifies.value ? "Don't notify me here" : "Notify me here"}
            </button>
          ) : null}
          {sessions.value.people.length === 1 ? (
            <button type="button" onClick={() => void signOut()}>
              <Icon name="leave" /> Sign out
            </button>
          ) : null}
        </Menu>
      </header>
      <GroupList chat={chat} route={route} />
    </nav>
  );
}
