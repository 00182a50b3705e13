import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Chat } from "../chat/chat";
import { count } from "../lib/words";

/** A connection that is back within this time was not worth a word, in milliseconds. */
const GRACE = 1_200;

/** What there is to say of the connection. */
export function Banner({ chat }: { chat: Chat }) {
  const { whole, reachable, nextAt } = chat.connection;
  const away = useSignal(false);
  useEffect(() => {
    away.value = false;
    if (whole.value) return;
    const timer = setTimeout(() => {
      away.value = true;
    }, GRACE);
    return () => clearTimeout(timer);
  }, [whole.value, away]);

  const waiting = chat.outbox.waiting;
  const caughtUp = chat.caughtUp.value;
  let said: ComponentChildren = null;
  if (away.value && !whole.value) {
    const kept = waiting ? ` ${count(waiting, "message waits", "messages wait")} to be sent.` : "";
    said = reachable.value
      ? `Live updates are down. New messages are fetched every few seconds.${kept}`
      : `No connection to the server.${kept}`;
  } else if (caughtUp !== null) {
    said =
      caughtUp > 0
        ? `Back online. Caught up ${count(caughtUp, "message")}.`
        : "Back online. Nothing was missed.";
  }
  const trouble = away.value && !whole.value;
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
