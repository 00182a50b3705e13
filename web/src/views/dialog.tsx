import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";

interface DialogProps {
  title: string;
  close: () => void;
  children: ComponentChildren;
}

/** A dialog above everything. The browser keeps the keyboard in it, and gives the focus back. */
export function Dialog({ title, close, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc does what a click beside the dialog does
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="inside">
        <h2 id={id}>{title}</h2>
        {children}
        {/* The last, so that the focus goes first to what the dialog is for. */}
        <button type="button" class="plain close" onClick={close}>
          <Icon name="close" />
          <span class="hidden">Close</span>
        </button>
      </div>
    </dialog>
  );
}
