import { signal } from "@preact/signals";

/** For how long what is to be said gathers, in milliseconds: a busy group must not flood anybody's ears. */
const GATHER = 1_500;

/** What a screen reader says by the way: one thing as it is, several as their number. */
export class Announcer {
  readonly said = signal("");
  #gathered: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Of several in a short time only the number is said. */
  message(text: string): void {
    this.#gathered.push(text);
    this.#timer ??= setTimeout(() => {
      const [first = "", ...others] = this.#gathered;
      this.said.value = others.length ? `${others.length + 1} new messages` : first;
      this.#gathered = [];
      this.#timer = undefined;
    }, GATHER);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
