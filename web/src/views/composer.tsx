import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Group } from "../api/types";
import type { Chat } from "../chat/chat";
import { kept } from "../lib/kept";
import { length } from "../lib/words";
import { Icon } from "./icons";

/** The longest message, in characters. */
const MOST = 10_000;
/** From here on it is told how many are left. */
const NEAR = 9_000;

/** Where one writes. What is written and not sent outlives a reload. */
export function Composer({ chat, group }: { chat: Chat; group: Group }) {
  const name = `parlour.draft.${chat.me.id}.${group.id}`;
  const text = useSignal(kept.read(name, ""));
  const box = useRef<HTMLTextAreaElement>(null);
  const characters = length(text.value);

  // A keyboard on the screen would cover what was opened to be read, and whoever sits beside keeps their place.
  useEffect(() => {
    const elsewhere = document.activeElement?.closest(".seat");
    const beside = elsewhere && !elsewhere.contains(box.current);
    if (!beside && matchMedia("(hover: hover)").matches) box.current?.focus();
  }, []);

  const write = (value: string) => {
    text.value = value;
    if (value) kept.write(name, value);
    else kept.remove(name);
  };
  const send = () => {
    if (text.value.trim() === "" || characters > MOST) return;
    void chat.send(text.value);
    write("");
    box.current?.focus();
  };
  const press = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        rows={1}
        dir="auto"
        aria-label={`Message to ${group.name}`}
        placeholder={`Message ${group.name}`}
        value={text.value}
        onInput={(event) => {
          write(event.currentTarget.value);
          if (event.currentTarget.value) chat.company.type();
        }}
        onKeyDown={press}
      />
      {characters > NEAR ? (
        <p class={characters > MOST ? "wrong" : "hint"} role="status">
          {characters > MOST
            ? `${(characters - MOST).toLocaleString()} too many`
            : `${(MOST - characters).toLocaleString()} left`}
        </p>
      ) : null}
      <button
        type="submit"
        class="primary send"
        aria-disabled={text.value.trim() === "" || characters > MOST}
      >
        <Icon name="send" />
        <span class="hidden">Send</span>
      </button>
    </form>
  );
}
