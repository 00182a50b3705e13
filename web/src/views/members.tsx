import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { told } from "../api/problem";
import type { Group, Membership, Role } from "../api/types";
import type { Chat } from "../chat/chat";
import { Avatar } from "./avatar";
import { Dialog } from "./dialog";
import { Field } from "./field";
import { Form } from "./form";
import { Icon } from "./icons";

/** How many members are read at once. */
const PAGE = 50;

/** Who is in the group, and what the caller may change about that. */
export function Members({ chat, group, close }: { chat: Chat; group: Group; close: () => void }) {
  const members = useSignal<Membership[]>([]);
  const next = useSignal<string | null>(null);
  const failure = useSignal<string | null>(null);
  const path = { id: group.id };
  const reads = useRef(0);

  const read = async (cursor: string | null) => {
    reads.current += 1;
    const mine = reads.current;
    try {
      const query = cursor
        ? { limit: PAGE, cursor }
        : { limit: Math.max(PAGE, Math.min(members.peek().length, 100)) };
      const answer = await chat.api.get("/api/v1/groups/{id}/members", { path, query });
      // An answer that was overtaken is older than what is shown.
      if (mine !== reads.current) return;
      members.value = cursor ? [...members.peek(), ...answer.members] : answer.members;
      next.value = answer.page.next ?? null;
    } catch (error) {
      failure.value = told(error);
    }
  };
  const change = chat.memberChange.value;
  const about = change?.group_id === group.id ? change : null;
  useEffect(() => void read(null), [about]);

  /** Does what a button says, and shows what came of it. */
  const act = async (what: () => Promise<unknown>) => {
    failure.value = null;
    try {
      await what();
      await read(null);
    } catch (error) {
      failure.value = told(error);
    }
  };
  const add = async ({ email = "" }) => {
    await chat.api.post("/api/v1/groups/{id}/members", { path, body: { member: { email } } });
    await read(null);
  };
  const setRole = (user_id: string, role: Role) =>
    act(() =>
      chat.api.patch("/api/v1/groups/{id}/members/{user_id}", {
        path: { ...path, user_id },
        body: { member: { role } },
      }),
    );
  const remove = (user_id: string) =>
    act(() => chat.api.delete("/api/v1/groups/{id}/members/{user_id}", { path: { ...path, user_id } }));

  const online = chat.log.value?.group === group.id ? chat.company.online.value?.users : null;
  const owner = group.role === "owner";
  const staff = owner || group.role === "admin";
  return (
    <Dialog title={`Members of ${group.name}`} close={close}>
      {staff && !chat.me.guest ? (
        <Form name="Add somebody" action="Add" submit={add} inline>
          {(problem) => (
            <Field
              label="Add somebody by their email"
              name="email"
              type="email"
              autocomplete="off"
              problem={problem}
            />
          )}
        </Form>
      ) : null}
      <p class="wrong" role="alert">
        {failure.value}
      </p>
      <ul class="members">
        {members.value.map((member) => {
          const { user_id, role } = member;
          const name = member.name ?? "Former member";
          const me = user_id === chat.me.id;
          return (
            <li key={user_id}>
              <span class="face">
                <Avatar id={user_id} name={name} />
                {online?.has(user_id) ? <span class="dot" title="Online" /> : null}
              </span>
              <span class="name">
                <bdi>{name}</bdi>
                {me ? " (you)" : ""}
                {online?.has(user_id) ? <span class="hidden"> (online)</span> : null}
              </span>
              {owner ? (
                <select
                  aria-label={`Role of ${name}`}
                  value={role}
                  onChange={(event) => void setRole(user_id, event.currentTarget.value as Role)}
                >
                  <option value="member">Member</option>
                  <option value="admin">Admin</option>
                  <option value="owner">Owner</option>
                </select>
              ) : (
                <span class="soft">{role}</span>
              )}
              {!me && (owner || (staff && role === "member")) ? (
                <button
                  type="button"
                  class="plain"
                  title={`Remove ${name}`}
                  onClick={() => void remove(user_id)}
                >
                  <Icon name="close" />
                  <span class="hidden">Remove {name}</span>
                </button>
              ) : null}
            </li>
          );
        })}
      </ul>
      {next.value ? (
        <button type="button" onClick={() => void read(next.value)}>
          Show more
        </button>
      ) : null}
    </Dialog>
  );
}
