import { Problem } from "./problem.js";

/** How often a call is made that finds nobody, unless something else is said. */
const ATTEMPTS = 6;
/** How long after the first attempt the second is made; each next one waits twice as long. Milliseconds. */
const FIRST = 500;
/** The longest between two attempts, in milliseconds. */
const LONGEST = 8_000;

export interface Patience {
  attempts?: number;
  /** Ends the attempts. */
  signal?: AbortSignal;
}

/** How long to wait before the attempt after so many. Not all wait alike: a server that comes back has everybody knocking. */
export function delay(attempts: number): number {
  return Math.min(LONGEST, FIRST * 2 ** attempts) * (0.75 + Math.random() / 2);
}

/**
 * Makes a call until it is answered. The call has to be one that may be made twice: a read, or one that names its
 * own id. What the server refuses for good is not tried again, nor what it wants to be left alone with for long.
 */
export async function again<T>(call: () => Promise<T>, patience: Patience = {}): Promise<T> {
  const { attempts = ATTEMPTS, signal } = patience;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Problem) || !error.passing || attempt + 1 >= attempts) throw error;
      const asked = (error.retryAfter ?? 0) * 1_000;
      if (asked > LONGEST) throw error;
      await pause(Math.max(asked, delay(attempt)), signal);
      if (signal?.aborted) throw error;
    }
  }
}

/** Returns after some milliseconds, or as soon as the signal says so. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
