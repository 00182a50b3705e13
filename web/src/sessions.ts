import { signal } from "@preact/signals";
import type { Problem } from "./api/problem";
import type { Session } from "./api/types";
import { kept } from "./lib/kept";

/** Who is signed in in this tab. */
export interface Sessions {
  /** Nobody, one person, or two guests side by side. */
  people: readonly Session[];
  /** The group that guests share. */
  group?: string;
}

const NAME = "parlour.sessions";
const NOBODY: Sessions = { people: [] };

export const sessions = signal<Sessions>(unexpired(kept.read<Sessions>(NAME, NOBODY)));
/** Why somebody is asked to sign in again. */
export const notice = signal<string | null>(null);

/** The token is kept for this tab alone, and for as long as it is open. */
export function signedIn(now: Sessions): void {
  kept.write(NAME, now);
  notice.value = null;
  sessions.value = now;
}

/** Ends all of them: by themselves, or because a token is refused. */
export function signedOut(problem?: Problem): void {
  kept.remove(NAME);
  notice.value = problem ? `You have been signed out. ${problem.message}.` : null;
  sessions.value = NOBODY;
}

function unexpired(now: Sessions): Sessions {
  return now.people.every(({ expires_at }) => Date.parse(expires_at) > Date.now()) ? now : NOBODY;
}
