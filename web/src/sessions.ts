import { signal } from "@preact/signals";
import { Api } from "./api/api";
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

/** A token is refused. What was written and not sent waits for the same person to sign in again. */
export function signedOut(problem: Problem): void {
  kept.remove(NAME);
  notice.value = `You have been signed out. ${problem.message}.`;
  sessions.value = NOBODY;
}

/** Signs everybody out, and keeps nothing. Guests can't come back, so their accounts end. */
export async function signOut(): Promise<void> {
  const { people } = sessions.peek();
  kept.clear();
  notice.value = null;
  sessions.value = NOBODY;
  // Without an answer the tokens live on until they end, but not here.
  const out = people.map(({ token, guest }) => {
    const api = new Api(token);
    return guest
      ? api.delete("/api/v1/users/me", { body: { user: {} } })
      : api.delete("/api/v1/users/sign_out");
  });
  await Promise.allSettled(out);
}

function unexpired(now: Sessions): Sessions {
  return now.people.every(({ expires_at }) => Date.parse(expires_at) > Date.now()) ? now : NOBODY;
}
