import { newId } from "parlour-client";
import { useMemo } from "preact/hooks";
import type { Problem } from "../api/problem";
import type { Group } from "../api/types";
import type { Chat } from "../chat/chat";
import type { Route } from "../route";
import { Dialog } from "./dialog";
import { Field } from "./field";
import { Form } from "./form";

/** Makes a group, and opens it. */
export function NewGroup({ chat, route, close }: { chat: Chat; route: Route; close: () => void }) {
  // The same id for each attempt: an answer that was lost makes no second group.
  const id = useMemo(newId, []);
  const submit = async ({ name = "", description = "" }) => {
    const group = await chat.api.post("/api/v1/groups", { body: { group: { id, name, description } } });
    chat.put(group);
    close();
    route.go(group.id);
  };
  return (
    <Dialog title="New group" close={close}>
      <Form name="New group" action="Make the group" submit={submit}>
        {(problem) => <Fields problem={problem} />}
      </Form>
    </Dialog>
  );
}

/** Gives a group another name or description. */
export function EditGroup({ chat, group, close }: { chat: Chat; group: Group; close: () => void }) {
  // As they were when the dialog was opened: what somebody else changes meanwhile is not typed over.
  const before = useMemo(() => group, []);
  const submit = async (now: { name?: string; description?: string }) => {
    // What was left alone is not sent, so that it undoes nobody's change.
    const { name = before.name, description = before.description } = now;
    const change = {
      ...(name === before.name ? {} : { name }),
      ...(description === before.description ? {} : { description }),
    };
    const path = { id: group.id };
    chat.put(await chat.api.patch("/api/v1/groups/{id}", { path, body: { group: change } }));
    close();
  };
  return (
    <Dialog title={`Edit ${before.name}`} close={close}>
      <Form name="Edit the group" action="Save" submit={submit} cancel={close}>
        {(problem) => <Fields problem={problem} name={before.name} description={before.description} />}
      </Form>
    </Dialog>
  );
}

interface FieldsProps {
  problem: Problem | null;
  name?: string;
  description?: string;
}

function Fields({ problem, name = "", description = "" }: FieldsProps) {
  return (
    <>
      <Field label="Name" name="name" autocomplete="off" value={name} problem={problem} />
      <Field
        label="Description"
        name="description"
        autocomplete="off"
        hint="Optional"
        value={description}
        problem={problem}
      />
    </>
  );
}
