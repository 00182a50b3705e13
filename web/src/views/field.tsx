import type { ComponentChildren } from "preact";
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
function complaint(label: string, rule: string | undefined): string | null {
  return rule === undefined ? null : `${label} ${RULES[rule] ?? "isn't valid"}`;
}

interface LabelledProps {
  label: string;
  name: string;
  hint?: string;
  /** Why the form was refused. */
  problem: Problem | null;
  /** The control, which takes what ties it to its label and to what is wrong. */
  children: (ties: Ties) => ComponentChildren;
}

interface Ties {
  id: string;
  name: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

/** A control with its label, and what is wrong with it beside it. */
function Labelled({ label, name, hint, problem, children }: LabelledProps) {
  const id = useId();
  const wrong = complaint(label, problem?.rules.get(name));
  const more = `${id}-more`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        name,
        "aria-invalid": wrong !== null,
        "aria-describedby": wrong || hint ? more : undefined,
      })}
      {wrong || hint ? (
        <p id={more} class={wrong ? "wrong" : "hint"}>
          {wrong ?? hint}
        </p>
      ) : null}
    </div>
  );
}

interface FieldProps extends Omit<LabelledProps, "children"> {
  type?: "text" | "email" | "password";
  autocomplete: string;
  /** What stands in it at first. */
  value?: string;
}

/** A line of text. */
export function Field({ type = "text", autocomplete, value = "", ...labelled }: FieldProps) {
  return (
    <Labelled {...labelled}>
      {/* Preact's types have an element for each kind of input; here they are alike. */}
      {(ties) => <input {...ties} type={type as "text"} autocomplete={autocomplete} defaultValue={value} />}
    </Labelled>
  );
}

interface ChoiceProps extends Omit<LabelledProps, "children"> {
  /** The values, by what is said of them. */
  choices: Record<string, number>;
  chosen: number;
}

/** One of a few. */
export function Choice({ choices, chosen, ...labelled }: ChoiceProps) {
  return (
    <Labelled {...labelled}>
      {(ties) => (
        <select {...ties}>
          {Object.entries(choices).map(([text, value]) => (
            <option key={value} value={value} selected={value === chosen}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}
