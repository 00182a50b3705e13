import { Problem } from "./problem.js";
import type { paths } from "./schema.js";

/** How long an answer may take, in milliseconds: longer than the server's own limit. */
const PATIENCE = 20_000;

type Verb = "get" | "post" | "put" | "patch" | "delete";
type Path<V extends Verb> = { [P in keyof paths]: paths[P][V] extends object ? P : never }[keyof paths];
type Operation<P extends keyof paths, V extends Verb> = NonNullable<paths[P][V]>;
type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : undefined;
type Answer<O> = O extends { responses: infer R }
  ? { [Status in keyof R]: Status extends 200 | 201 | 202 | 204 ? Json<R[Status]> : never }[keyof R]
  : never;
type Part<O, Name extends string> = O extends { parameters: { [N in Name]?: infer P } } ? P : never;
type Body<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;

/** What a call says beside its path. */
export interface Asked<O> {
  path?: Part<O, "path">;
  query?: Part<O, "query">;
  body?: Body<O>;
}

export interface ApiSettings {
  /** Where the server is: `https://chat.example.com`. In a page of the server's own, nothing. */
  url?: string;
  token?: string | null;
  /** Hears when the token is refused. */
  signedOut?: (problem: Problem) => void;
  /** How long an answer may take, in milliseconds. */
  patience?: number;
}

/** The HTTP API, as its OpenAPI file has it, for one caller. What goes wrong is a `Problem`. */
export class Api {
  readonly #url: string;
  readonly #token: string | null;
  readonly #signedOut: (problem: Problem) => void;
  readonly #patience: number;

  constructor({ url = "", token = null, signedOut = () => {}, patience = PATIENCE }: ApiSettings = {}) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#signedOut = signedOut;
    this.#patience = patience;
  }

  get<P extends Path<"get">>(path: P, asked: Asked<Operation<P, "get">> = {}) {
    return this.#call<Answer<Operation<P, "get">>>("GET", path, asked);
  }

  post<P extends Path<"post">>(path: P, asked: Asked<Operation<P, "post">> = {}) {
    return this.#call<Answer<Operation<P, "post">>>("POST", path, asked);
  }

  put<P extends Path<"put">>(path: P, asked: Asked<Operation<P, "put">> = {}) {
    return this.#call<Answer<Operation<P, "put">>>("PUT", path, asked);
  }

  patch<P extends Path<"patch">>(path: P, asked: Asked<Operation<P, "patch">> = {}) {
    return this.#call<Answer<Operation<P, "patch">>>("PATCH", path, asked);
  }

  delete<P extends Path<"delete">>(path: P, asked: Asked<Operation<P, "delete">> = {}) {
    return this.#call<Answer<Operation<P, "delete">>>("DELETE", path, asked);
  }

  async #call<T>(method: string, path: string, { path: names, query, body }: Asked<unknown>): Promise<T> {
    const headers = new Headers();
    if (this.#token) headers.set("Authorization", `Bearer ${this.#token}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    const answer = await fetch(this.#url + address(path, names ?? {}, query ?? {}), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      // No cookie, no dialog of a browser's own for a 401, and no copy on the disk.
      credentials: "omit",
      cache: "no-store",
      // A marker on its way when a page is left arrives all the same.
      keepalive: method === "PUT",
      signal: AbortSignal.timeout(this.#patience),
    }).catch(() => {
      throw new Problem(0, {});
    });
    // An answer that breaks off is none.
    const text = await answer.text().catch(() => {
      throw new Problem(0, {});
    });
    const json = parsed(text);
    if (answer.ok) return json as T;
    const problem = new Problem(answer.status, json ?? {}, seconds(answer.headers.get("Retry-After")));
    if (problem.signedOut && this.#token) this.#signedOut(problem);
    throw problem;
  }
}

function address(path: string, names: object, query: object): string {
  let address = path;
  for (const [name, value] of Object.entries(names)) {
    address = address.replace(`{${name}}`, encodeURIComponent(String(value)));
  }
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
  return search ? `${address}?${search}` : address;
}

function parsed(text: string) {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function seconds(header: string | null): number | null {
  const number = Number.parseInt(header ?? "", 10);
  return Number.isNaN(number) ? null : number;
}
