import { type ReadonlySignal, signal } from "@preact/signals";

/** What the address names, after the `#`: the group that is open, or an invitation's code. */
interface Place {
  group: string | null;
  code: string | null;
}

/** Which group a person has open. */
export interface Route {
  readonly group: ReadonlySignal<string | null>;
  go(group: string | null): void;
}

function read(): Place {
  const [, what, name = ""] = location.hash.slice(1).split("/");
  return { group: what === "g" ? name : null, code: what === "join" ? name : null };
}

const place = signal(read());
addEventListener("hashchange", () => {
  place.value = read();
});

/** The code of an invitation that the page was opened with. It never leaves the browser in an address. */
export function invitation(): string | null {
  return place.value.code;
}

/** The address that invites; what is after `#` reaches no server. */
export function invitationLink(code: string): string {
  return `${location.origin}${location.pathname}#/join/${code}`;
}

const current = signal(place.peek().group);
place.subscribe(({ group, code }) => {
  if (code === null) current.value = group;
});

/** The route of whoever has the page alone: the browser's way back leads from a group to the list. */
export const addressRoute: Route = {
  group: current,
  go(group) {
    const hash = group === null ? "#/" : `#/g/${group}`;
    // An invitation's code does not stay in the browser's history.
    if (place.peek().code !== null) location.replace(hash);
    else if (hash !== location.hash) location.hash = hash;
  },
};

/** A route of one's own, for two people in one page. */
export function ownRoute(start: string | null): Route {
  const group = signal(start);
  return {
    group,
    go: (to) => {
      group.value = to;
    },
  };
}
