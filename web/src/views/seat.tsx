import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import type { Session } from "../api/types";
import { Chat } from "../chat/chat";
import { badge, tell } from "../notify";
import { addressRoute, invitation, type Route } from "../route";
import { signedOut } from "../sessions";
import { Avatar } from "./avatar";
import { Banner } from "./banner";
import { Dialogs, type Shown } from "./dialogs";
import { Room } from "./room";
import { Side } from "./side";

interface SeatProps {
  me: Session;
  realtime: string;
  route: Route;
  /** Does this person get the keys that are pressed outside of everybody's part of the page? */
  first: boolean;
  /** Is there somebody else beside? */
  beside: boolean;
}

/** One person's part of the page: the groups, and the one that is open. */
export function Seat({ me, realtime, route, first, beside }: SeatProps) {
  const chat = useMemo(() => new Chat(me, realtime, signedOut), [me, realtime]);
  const shown = useSignal<Shown | null>(null);
  const note = useSignal<string | null>(null);
  const root = useRef<HTMLElement>(null);
  const show = useCallback(
    (dialog: Shown | null) => {
      shown.value = dialog;
    },
    [shown],
  );

  useEffect(() => {
    chat.onMessage = async (message, group) => {
      // As the message comes: the author's name may take a moment more.
      const seen = document.hasFocus();
      await chat.names.need(group.id, message.user_id);
      const name = chat.names.known.peek().get(message.user_id ?? "") ?? "Somebody";
      const open = chat.log.peek()?.group === group.id;
      if (open) chat.announcer.message(`${name}: ${message.message ?? ""}`);
      if (!seen) tell(group, name, message, () => route.go(group.id));
    };
    chat.onGone = ({ name }) => {
      note.value = `You are no longer in ${name}.`;
      route.go(null);
    };
    chat.start();
    return () => chat.end();
  }, [chat, route, note]);

  useEffect(() => (first ? badge(() => chat.groups.unread.value) : undefined), [chat, first]);

  // The group that the route names is open, once it is known.
  const { value: group } = route.group;
  const { value: loaded } = chat.groups.loaded;
  useEffect(() => {
    chat.show(loaded ? group : null);
    if (group) note.value = null;
  }, [chat, group, loaded, note]);

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const seat = event.target instanceof Element ? event.target.closest(".seat") : null;
      if (seat ? seat !== root.current : !first) return;
      if (document.querySelector("dialog[open], :popover-open")) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") show({ what: "switcher" });
      else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) step(event.key);
      else if (event.key === "Escape" && chat.log.peek()) chat.catchUp();
      else return;
      event.preventDefault();
    };
    const step = (key: "ArrowUp" | "ArrowDown") => {
      const ids = chat.groups.listed.peek().map(({ id }) => id);
      const at = ids.indexOf(route.group.peek() ?? "");
      const next = key === "ArrowDown" ? at + 1 : at < 0 ? ids.length - 1 : at - 1;
      const id = ids[next];
      if (id) route.go(id);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [chat, route, first, show]);

  // An invitation in the address is asked about first.
  const code = route === addressRoute ? invitation() : null;
  const dialog: Shown | null = code === null ? shown.value : { what: "join", code };
  return (
    <section class={`seat ${chat.log.value ? "in-room" : ""}`} ref={root} aria-label={me.name}>
      <div class="frame">
        {beside ? (
          <p class="who">
            <Avatar id={me.id} name={me.name} />
            <span>
              You are <strong>{me.name}</strong>
            </span>
          </p>
        ) : null}
        <Banner chat={chat} note={note.value} />
        <Side chat={chat} route={route} show={show} />
        {chat.log.value ? (
          <Room key={chat.log.value.group} chat={chat} log={chat.log.value} route={route} show={show} />
        ) : (
          <Nothing chat={chat} waiting={group !== null && !loaded} />
        )}
      </div>
      <p class="hidden" role="status">
        {chat.announcer.said}
      </p>
      <Dialogs chat={chat} route={route} shown={dialog} show={show} />
    </section>
  );
}

function Nothing({ chat, waiting }: { chat: Chat; waiting: boolean }) {
  const none = chat.groups.loaded.value && chat.groups.listed.value.length === 0;
  return (
    <div class="room nothing">
      {waiting ? null : (
        <p class="soft">
          {none
            ? "You are in no group yet. Make one, or follow somebody's invitation."
            : "Choose a group to read it."}
        </p>
      )}
    </div>
  );
}
