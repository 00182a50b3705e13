import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { Problem, told } from "../api/problem";
import type { Group, Schema } from "../api/types";
import type { Chat } from "../chat/chat";
import { fullTime } from "../lib/times";
import { count } from "../lib/words";
import { invitationLink } from "../route";
import { Dialog } from "./dialog";
import { Choice } from "./field";
import { Form } from "./form";
import { Icon } from "./icons";

const HOUR = 3_600;
const LIVES = { "1 hour": HOUR, "1 day": 24 * HOUR, "7 days": 7 * 24 * HOUR, "30 days": 30 * 24 * HOUR };
const USES = { "1 person": 1, "10 people": 10, "100 people": 100, "1,000 people": 1_000 };

/** Makes links that let people into a group, and revokes them. */
export function Invite({ chat, group, close }: { chat: Chat; group: Group; close: () => void }) {
  const open = useSignal<Schema<"Invitation">[]>([]);
  const link = useSignal<string | null>(null);
  const failure = useSignal<string | null>(null);
  const path = { id: group.id };

  /** Reads those that are open; there are no more than a page of them. */
  const read = async () => {
    try {
      const query = { limit: 100 };
      open.value = (await chat.api.get("/api/v1/groups/{id}/invitations", { path, query })).invitations;
    } catch (error) {
      failure.value = told(error);
    }
  };
  useEffect(() => void read(), []);

  const make = async ({ expires_in, uses }: Record<string, string>) => {
    const body = { invitation: { expires_in: Number(expires_in), uses: Number(uses) } };
    const { invitation } = await chat.api.post("/api/v1/groups/{id}/invitations", { path, body });
    link.value = invitationLink(invitation.code);
    await read();
  };
  const revoke = async (invitation_id: string) => {
    failure.value = null;
    try {
      const named = { path: { ...path, invitation_id } };
      await chat.api.delete("/api/v1/groups/{id}/invitations/{invitation_id}", named);
      link.value = null;
      await read();
    } catch (error) {
      failure.value = told(error);
    }
  };

  return (
    <Dialog title={`Invite people to ${group.name}`} close={close}>
      <Form name="New invitation" action="Make a link" submit={make}>
        {(problem) => (
          <div class="pair">
            <Choice
              label="Good for"
              name="expires_in"
              choices={LIVES}
              chosen={7 * 24 * HOUR}
              problem={problem}
            />
            <Choice label="Lets in" name="uses" choices={USES} chosen={10} problem={problem} />
          </div>
        )}
      </Form>
      {link.value ? <Link link={link.value} /> : null}
      <p class="wrong" role="alert">
        {failure.value}
      </p>
      {open.value.length ? (
        <section>
          <h3>Open invitations</h3>
          <ul class="members">
            {open.value.map(({ id, expires_at, uses_left, created_at }) => (
              <li key={id}>
                <span class="name">
                  {count(uses_left, "more person", "more people")}
                  <span class="soft">
                    {" "}
                    until <time dateTime={expires_at}>{fullTime(expires_at)}</time>
                  </span>
                </span>
                <button
                  type="button"
                  aria-label={`Revoke the invitation made on ${fullTime(created_at)}`}
                  onClick={() => void revoke(id)}
                >
                  Revoke
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </Dialog>
  );
}

/** The link, to be copied: it is shown this once. */
function Link({ link }: { link: string }) {
  const id = useId();
  const copied = useSignal(false);
  const copy = async () => {
    const box = document.getElementById(id) as HTMLInputElement;
    box.select();
    // Where the page is served over plain HTTP the browser leaves copying to people.
    await navigator.clipboard?.writeText(link);
    copied.value = navigator.clipboard !== undefined;
  };
  return (
    <div class="field link">
      <label for={id}>The link. It is shown this once: whoever has it can join.</label>
      <input id={id} value={link} readOnly onFocus={(event) => event.currentTarget.select()} />
      <button type="button" onClick={() => void copy()}>
        <Icon name="copy" /> {copied.value ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

/** Asks whoever followed a link whether to join. Following it alone must not put anybody anywhere. */
export function Join({
  chat,
  code,
  leave,
}: {
  chat: Chat;
  code: string;
  leave: (group: string | null) => void;
}) {
  const submit = async () => {
    try {
      const group = await chat.api.post("/api/v1/invitations/{code}/accept", { path: { code } });
      chat.put(group);
      leave(group.id);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      throw new Problem(404, { message: "This invitation is not good, or no longer. Ask for another" });
    }
  };
  const cancel = () => leave(null);
  return (
    <Dialog title="You are invited" close={cancel}>
      <Form name="Join the group" action="Join the group" submit={submit} cancel={cancel}>
        {() => <p>Somebody sent you a link into a group of theirs. Its members will see your name.</p>}
      </Form>
    </Dialog>
  );
}
