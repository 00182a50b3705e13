import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { Icon } from "./icons";

/** A button that opens a few others. The browser closes it: by Esc, by a click elsewhere, by a choice. */
export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  return (
    <div class="menu">
      <button type="button" class="plain" popovertarget={id} title={label}>
        <Icon name="more" />
        <span class="hidden">{label}</span>
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the buttons in it are pressed */}
      <div id={id} ref={list} popover="auto" onClick={() => list.current?.hidePopover()}>
        {children}
      </div>
    </div>
  );
}
