import { useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedSubmitEvent } from "preact";
import { useRef } from "preact/hooks";
import { Problem } from "../api/problem";

interface FormProps {
  /** What the button says. */
  action: string;
  /** Done with the values of the fields, by name; a `Problem` is shown beside what it is about. */
  submit: (values: Record<string, string>) => Promise<void>;
  /** Leaves it be, where there is something to be afraid of. */
  cancel?: () => void;
  /** The fields, given what was wrong with them. */
  children: (problem: Problem | null) => ComponentChildren;
  name: string;
  /** Does the button stand beside the one field? */
  inline?: boolean;
}

/** A form that is sent once at a time, and tells what was wrong. */
export function Form({ action, submit, cancel, children, name, inline = false }: FormProps) {
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const form = useRef<HTMLFormElement>(null);

  const send = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    try {
      const entries = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value)]);
      await submit(Object.fromEntries(entries));
      problem.value = null;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error;
      // After the fields have been drawn anew: whoever can't see them is led to the first that is wrong.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    } finally {
      busy.value = false;
    }
  };

  // What is told beside a field is not told twice.
  const general = problem.value && problem.value.rules.size === 0 ? wait(problem.value) : null;
  return (
    <form ref={form} class={inline ? "inline" : ""} onSubmit={send} aria-label={name} noValidate>
      {children(problem.value)}
      <p class="wrong general" role="alert">
        {general}
      </p>
      <div class="actions">
        {cancel ? (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        ) : null}
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {busy.value ? "One moment…" : action}
        </button>
      </div>
    </form>
  );
}

function wait({ message, retryAfter }: Problem): string {
  if (!retryAfter) return message;
  const minutes = Math.ceil(retryAfter / 60);
  return `${message}. Try again in ${retryAfter < 90 ? `${retryAfter} seconds` : `${minutes} minutes`}.`;
}
