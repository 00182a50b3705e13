import type { Chat } from "../chat/chat";

/** Who is typing, for the eyes: it is said aloud now and then alone. */
export function Typing({ chat }: { chat: Chat }) {
  const { known } = chat.names;
  const [one, other, ...more] = chat.company.typing.value.map((id) => known.value.get(id) ?? "Somebody");
  let who = null;
  if (more.length) who = "Several people are typing…";
  else if (other) {
    who = (
      <>
        <bdi>{one}</bdi> and <bdi>{other}</bdi> are typing…
      </>
    );
  } else if (one) {
    who = (
      <>
        <bdi>{one}</bdi> is typing…
      </>
    );
  }
  // It has its place when it is empty too: nothing moves when somebody begins.
  return <p class="typing">{who}</p>;
}
