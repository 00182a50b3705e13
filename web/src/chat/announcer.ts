import { signal } from "@preact/signals";

/** For how long what is to be said gathers, in milliseconds: a busy group must not flood anybody's ears. */
const GATHER = 1_500;
/** How long nothing of less weight is said after another, in milliseconds. */
const SELDOM = 15_000;

/** What a screen reader says by the way: one thing as it is, several as their number. */
export class Announcer {
  readonly said = signal("");
  #gathered: string[] = [];
  #asideAt = 0;
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

  /** What is worth a word now and then, and gives way to messages. */
  aside(text: string): void {
    if (this.#timer || Date.now() - this.#asideAt < SELDOM) return;
    this.#asideAt = Date.now();
    this.said.value = text;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
