import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useId } from "preact/hooks";
import type { Chat } from "../chat/chat";
import { count } from "../lib/words";
import type { Route } from "../route";
import { Avatar } from "./avatar";
import { Dialog } from "./dialog";

/** How many groups are offered. */
const MOST = 20;

/** Finds a group by its name. */
export function Switcher({ chat, route, close }: { chat: Chat; route: Route; close: () => void }) {
  const wanted = useSignal("");
  const at = useSignal(0);
  const id = useId();
  const words = wanted.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = chat.groups.listed.value
    .filter(({ name }) => words.every((word) => name.toLocaleLowerCase().includes(word)))
    .slice(0, MOST);
  const chosen = found[Math.min(at.value, found.length - 1)];

  const go = (group: string) => {
    close();
    route.go(group);
  };
  const press = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown") at.value = Math.min(at.value + 1, found.length - 1);
    else if (event.key === "ArrowUp") at.value = Math.max(at.value - 1, 0);
    else if (event.key === "Enter" && chosen && !event.isComposing) go(chosen.id);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find a group" close={close}>
      <input
        type="text"
        role="combobox"
        aria-label="The group's name"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={chosen ? `${id}-${chosen.id}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={press}
      />
      <div role="listbox" id={`${id}-list`} aria-label="Groups" class="choices">
        {found.map((group) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the keys are the input's
          <div
            key={group.id}
            id={`${id}-${group.id}`}
            role="option"
            aria-selected={group === chosen}
            onClick={() => go(group.id)}
          >
            <Avatar id={group.id} name={group.name} square />
            <span class="name">
              <bdi>{group.name}</bdi>
            </span>
            {group.unread_count ? <span class="soft">{count(group.unread_count, "new message")}</span> : null}
          </div>
        ))}
      </div>
      <p class="soft" role="status">
        {found.length === 0 ? "No group has this name." : ""}
      </p>
    </Dialog>
  );
}
