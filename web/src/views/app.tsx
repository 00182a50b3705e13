import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Api } from "../api/api";
import { told } from "../api/problem";
import type { Config } from "../api/types";
import { addressRoute, invitation, ownRoute } from "../route";
import { sessions, signOut } from "../sessions";
import { Seat } from "./seat";
import { Welcome } from "./welcome";

/** How long until the server is asked again what it is, in milliseconds. */
const AGAIN = 3_000;

export function App() {
  const config = useSignal<Config | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        config.value = await new Api(null).get("/config.json");
      } catch (error) {
        failure.value = told(error);
        timer = setTimeout(ask, AGAIN);
      }
    };
    void ask();
    return () => clearTimeout(timer);
  }, [config, failure]);

  if (!config.value) {
    return (
      <main class="splash">{failure.value ? <p role="alert">{failure.value}. Trying again…</p> : null}</main>
    );
  }
  const { people } = sessions.value;
  if (people.length === 0) return <Welcome config={config.value} invited={invitation() !== null} />;
  return <Seats realtime={config.value.realtime_url} />;
}

/** One person, or two guests side by side. */
function Seats({ realtime }: { realtime: string }) {
  const { people, group } = sessions.value;
  const shared = people.length > 1;
  const routes = useMemo(
    () => people.map(() => (shared ? ownRoute(group ?? null) : addressRoute)),
    [people, group, shared],
  );
  return (
    <main class={`seats ${shared ? "shared" : ""}`}>
      {shared ? (
        <header class="guide">
          <h1>You are two people now</h1>
          <p>Write as one, and read it as the other.</p>
          <button type="button" onClick={() => void signOut()}>
            Leave
          </button>
        </header>
      ) : (
        <h1 class="hidden">Parlour</h1>
      )}
      {people.map((me, at) => {
        const route = routes[at] ?? addressRoute;
        return (
          <Seat key={me.id} me={me} realtime={realtime} route={route} first={at === 0} beside={shared} />
        );
      })}
    </main>
  );
}
