import type { Chat } from "../chat/chat";
import type { Route } from "../route";
import { Confirm } from "./confirm";
import { EditGroup, NewGroup } from "./group-forms";
import { Invite, Join } from "./invite";
import { Members } from "./members";
import { Switcher } from "./switcher";

/** A dialog, and what it is about. */
export type Shown =
  | { what: "switcher" }
  | { what: "new group" }
  | { what: "join"; code: string }
  | { what: "members" | "invite" | "edit" | "leave" | "delete"; group: string };

export type Show = (dialog: Shown | null) => void;

interface DialogsProps {
  chat: Chat;
  route: Route;
  shown: Shown | null;
  show: Show;
}

/** The dialog that is open, if any. */
export function Dialogs({ chat, route, shown, show }: DialogsProps) {
  const close = () => show(null);
  if (shown === null) return null;
  if (shown.what === "switcher") return <Switcher chat={chat} route={route} close={close} />;
  if (shown.what === "new group") return <NewGroup chat={chat} route={route} close={close} />;
  if (shown.what === "join") return <Join chat={chat} code={shown.code} leave={route.go} />;
  const group = chat.groups.get(shown.group);
  if (!group) return null;
  switch (shown.what) {
    case "members":
      return <Members chat={chat} group={group} close={close} />;
    case "invite":
      return <Invite chat={chat} group={group} close={close} />;
    case "edit":
      return <EditGroup chat={chat} group={group} close={close} />;
    case "leave":
      return (
        <Confirm
          title={`Leave ${group.name}?`}
          text="You will no longer see its messages, and hear of no new ones."
          action="Leave"
          act={() => chat.leave(group.id)}
          close={close}
        />
      );
    case "delete":
      return (
        <Confirm
          title={`Delete ${group.name}?`}
          text="It is deleted for everybody, with all its messages. This can't be undone."
          action="Delete"
          act={() => chat.deleteGroup(group.id)}
          close={close}
        />
      );
  }
}
