import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Chat, NOTICED } from "../chat/chat";
import { count } from "../lib/words";

/** What there is to say, and how the connection is: neither hides the other. */
export function Banner({ chat, note }: { chat: Chat; note: string | null }) {
  const { whole, reachable, nextAt } = chat.connection;
  const away = useSignal(false);
  useEffect(() => {
    away.value = false;
    if (whole.value) return;
    const timer = setTimeout(() => {
      away.value = true;
    }, NOTICED);
    return () => clearTimeout(timer);
  }, [whole.value, away]);

  const waiting = chat.outbox.waiting;
  const caughtUp = chat.caughtUp.value;
  const trouble = away.value && !whole.value;
  let state: string | null = null;
  if (trouble) {
    const kept = waiting ? ` ${count(waiting, "message waits", "messages wait")} to be sent.` : "";
    if (!reachable.value) state = `No connection to the server.${kept}`;
    else if (!chat.groups.loaded.value) state = "Connecting…";
    else state = `Live updates are down. New messages are fetched every few seconds.${kept}`;
  } else if (caughtUp !== null) {
    state =
      caughtUp > 0
        ? `Back online. Caught up ${count(caughtUp, "message")}.`
        : "Back online. Nothing was missed.";
  }
  const said = [note, state].filter(Boolean).join(" ");
  return (
    <div class={`banner ${said ? (trouble ? "trouble" : "well") : ""}`}>
      <p role="status">{said}</p>
      {trouble ? (
        <>
          <Countdown until={nextAt.value} />
          <button type="button" onClick={() => chat.connection.now()}>
            Try now
          </button>
        </>
      ) : null}
    </div>
  );
}

/** Seconds, for the eyes alone: read out each second they would drown everything else. */
function Countdown({ until }: { until: number | null }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 250);
    return () => clearInterval(timer);
  }, [now]);
  const seconds = until === null ? 0 : Math.ceil((until - now.value) / 1000);
  return (
    <span class="countdown" aria-hidden="true">
      {seconds > 0 ? `Next attempt in ${seconds} s` : "Trying…"}
    </span>
  );
}
