import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Problem } from "../api/problem";
import type { Group } from "../api/types";
import type { Chat } from "../chat/chat";
import type { Log } from "../chat/log";
import { count } from "../lib/words";
import { Icon } from "./icons";
import { RowView } from "./row";
import { rows } from "./rows";

/** The end is in view when no more than this is below it, in pixels. */
const NEAR = 32;

/** The log of the open group. What stands in view stays where it is, whatever is added or taken away around it. */
export function LogView({ chat, log, group }: { chat: Chat; log: Log; group: Group }) {
  const scroller = useRef<HTMLDivElement>(null);
  const me = chat.me.id;
  const items = log.items.value;
  const divider = log.divider.value;
  const following = log.following.value;
  const names = chat.names.known.value;
  const onWay = chat.outbox.entries.value;
  const reachable = chat.connection.reachable.value;
  const atEnd = !log.hasNewer.value;
  const shown = useMemo(() => {
    const last = items.at(-1)?.seq ?? 0;
    const entries = onWay.filter(({ group_id, seq }) => group_id === log.group && (seq ?? Infinity) > last);
    return rows(items, atEnd ? entries : [], divider, me);
  }, [items, onWay, atEnd, divider, me, log]);

  // Here the page still shows what it did before.
  const anchor = scroller.current && firstInView(scroller.current);

  /** Takes note of what is in view: what is read, and what has to be read next. */
  const look = () => {
    const view = scroller.current;
    if (!view || log.state.peek() !== "ready") return;
    const below = view.scrollHeight - view.scrollTop - view.clientHeight;
    log.following.value = below <= NEAR && !log.hasNewer.peek();
    if (document.visibilityState === "visible" && document.hasFocus()) {
      const seq = lastInView(view);
      if (seq) chat.seen(seq);
    }
    if (view.scrollTop < view.clientHeight) void log.older();
    if (below < view.clientHeight) void log.newer();
  };

  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view || log.state.peek() !== "ready") return;
    const start = log.place === "divider" ? view.querySelector<HTMLElement>(".new") : null;
    if (start) view.scrollTop = start.offsetTop - view.clientHeight / 4;
    else if (log.place || following) view.scrollTop = view.scrollHeight;
    else if (anchor?.row.isConnected) view.scrollTop = anchor.row.offsetTop - anchor.top;
    log.place = null;
    look();
  }, [shown, names, following, log.state.value, log.missed.value, group.last_seq]);

  useEffect(() => {
    const view = scroller.current;
    if (!view) return;
    const observer = new ResizeObserver(() => {
      if (log.following.peek()) view.scrollTop = view.scrollHeight;
    });
    observer.observe(view);
    addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      observer.disconnect();
      removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [log]);

  const state = log.state.value;
  return (
    <div class="log-frame">
      <div
        class="log"
        ref={scroller}
        onScroll={look}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Messages"
      >
        {state === "loading" ? <p class="soft pad">Loading…</p> : null}
        {state instanceof Problem ? (
          <p class="wrong pad" role="alert">
            {state.message}.{" "}
            <button type="button" onClick={() => void log.open()}>
              Try again
            </button>
          </p>
        ) : null}
        {state === "ready" && shown.length === 0 ? (
          <p class="soft pad begin">Nothing has been said here yet. Write the first message.</p>
        ) : null}
        <ol class="rows">
          {shown.map((row) => (
            <RowView
              key={row.key}
              row={row}
              names={names}
              me={chat.me}
              outbox={chat.outbox}
              reachable={reachable}
            />
          ))}
        </ol>
      </div>
      {state === "ready" && !following ? (
        <button type="button" class="jump" onClick={() => void log.toNewest()}>
          <Icon name="down" />
          {group.unread_count ? count(group.unread_count, "new message") : "Jump to newest"}
        </button>
      ) : null}
    </div>
  );
}

/** The rows of messages that are shown, from top to bottom. */
function messageRows(view: HTMLElement): HTMLElement[] {
  return [...view.querySelectorAll<HTMLElement>("li[data-seq]")];
}

/** The first index for which `is` holds, of those that come after each other from false to true. */
function firstIndex(length: number, is: (at: number) => boolean): number {
  let [from, to] = [0, length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (is(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** The first row in view, and how far below the view's upper edge it begins. */
function firstInView(view: HTMLElement): { row: HTMLElement; top: number } | null {
  const rows = messageRows(view);
  const at = firstIndex(rows.length, (at) => bottom(rows[at]) > view.scrollTop);
  const row = rows[at];
  return row ? { row, top: row.offsetTop - view.scrollTop } : null;
}

/** The position of the last message whose end is in view. */
function lastInView(view: HTMLElement): number {
  const rows = messageRows(view);
  const below = firstIndex(rows.length, (at) => bottom(rows[at]) > view.scrollTop + view.clientHeight + 1);
  return Number(rows[below - 1]?.dataset.seq ?? 0);
}

function bottom(row: HTMLElement | undefined): number {
  return row ? row.offsetTop + row.offsetHeight : 0;
}
