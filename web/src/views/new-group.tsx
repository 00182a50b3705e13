import { newId } from "parlour-client";
import { useMemo } from "preact/hooks";
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
        {(problem) => (
          <>
            <Field label="Name" name="name" autocomplete="off" problem={problem} />
            <Field
              label="Description"
              name="description"
              autocomplete="off"
              hint="Optional"
              problem={problem}
            />
          </>
        )}
      </Form>
    </Dialog>
  );
}
