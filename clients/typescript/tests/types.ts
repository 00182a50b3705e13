// What the compiler holds: these lines are checked and never run.

import { Api, type Listener, type Message, Parlour, type Session } from "../src/index.js";

export async function calls(session: Session): Promise<Message> {
  const api = new Api({ url: "http://127.0.0.1:8080", token: session.token });
  // @ts-expect-error there is no such path
  await api.get("/api/v1/rooms");
  // @ts-expect-error a name is a text
  await api.post("/api/v1/groups", { body: { group: { name: 1 } } });
  // @ts-expect-error an answer has what the OpenAPI file says and nothing else
  (await api.get("/api/v1/groups")).rooms;
  // @ts-expect-error a listener hears of gaps
  const deaf: Listener = { message: () => {} };
  const parlour = new Parlour("http://127.0.0.1:8080", session);
  await parlour.listen(deaf);
  const { messages } = await api.get("/api/v1/groups/{id}/messages", {
    path: { id: "" },
    query: { after: 0 },
  });
  // @ts-expect-error an erased message has no text
  const text: string | undefined = messages[0]?.message;
  return parlour.send("", text ?? "");
}
