import { useId } from "preact/hooks";
import type { Problem } from "../api/problem";

/** The API's rules, in words that follow a field's name. */
const RULES: Record<string, string> = {
  blank: "can't be blank",
  missing: "can't be blank",
  too_short: "is too short",
  too_long: "is too long",
  format: "isn't valid",
  taken: "is taken already",
  nul: "has a character that can't be used",
  common: "is one that many people use",
  type: "isn't valid",
};

/** What is wrong with a field, in a sentence. */
export function complaint(label: string, rule: string | undefined): string | null {
  return rule === undefined ? null : `${label} ${RULES[rule] ?? "isn't valid"}`;
}

interface FieldProps {
  label: string;
  name: string;
  type?: "text" | "email" | "password";
  autocomplete: string;
  hint?: string;
  /** Why the form was refused. */
  problem: Problem | null;
}

/** A field with its label, and what is wrong with it beside it. */
export function Field({ label, name, type = "text", autocomplete, hint, problem }: FieldProps) {
  const id = useId();
  const wrong = complaint(label, problem?.rules.get(name));
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        // Its types have an element for each kind; here they are alike.
        type={type as "text"}
        autocomplete={autocomplete}
        aria-invalid={wrong !== null}
        aria-describedby={wrong || hint ? `${id}-more` : undefined}
      />
      {wrong || hint ? (
        <p id={`${id}-more`} class={wrong ? "wrong" : "hint"}>
          {wrong ?? hint}
        </p>
      ) : null}
    </div>
  );
}
