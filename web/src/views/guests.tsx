import { useSignal } from "@preact/signals";
import { newId } from "parlour-client";
import { Api } from "../api/api";
import { told } from "../api/problem";
import { signedIn } from "../sessions";

/** A look around without an account: two people in a group of their own, side by side. */
export function Guests() {
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);
  const enter = async () => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await begin();
    } catch (error) {
      failure.value = told(error);
      busy.value = false;
    }
  };
  return (
    <section class="guests" aria-labelledby="guests">
      <div>
        <h2 id="guests">Just looking?</h2>
        <p>
          Become two people at once, side by side, and watch what one writes arrive at the other. No account
          is needed; all of it is gone in a day.
        </p>
        <p class="wrong" role="alert">
          {failure.value}
        </p>
      </div>
      <button type="button" class="primary" aria-disabled={busy.value} onClick={() => void enter()}>
        {busy.value ? "One moment…" : "Try it as a guest"}
      </button>
    </section>
  );
}

/** Makes the two and their group, and goes in. */
async function begin(): Promise<void> {
  const nobody = new Api(null);
  const people = await Promise.all([nobody.post("/api/v1/users/guest"), nobody.post("/api/v1/users/guest")]);
  const [one, other] = people;
  const api = new Api(one.token);
  const { id } = await api.post("/api/v1/groups", {
    body: { group: { id: newId(), name: "The parlour", description: `${one.name} and ${other.name}` } },
  });
  await api.post("/api/v1/groups/{id}/members", { path: { id }, body: { member: { user_id: other.id } } });
  signedIn({ people, group: id });
}
