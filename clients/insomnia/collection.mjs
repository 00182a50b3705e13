// Makes the Insomnia collection of the OpenAPI file: `node collection.mjs > parlour.json`, or `make insomnia`.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What only a browser, or a link in mail, opens. */
const PAGES = new Set(["home", "asset", "docs", "docs_file", "show_unsubscription", "unsubscribe"]);

/** What requests refer to, with what it is at first. Those that are empty are filled by the answers of requests. */
const VARIABLES = {
  name: "Alice",
  email: "alice@example.com",
  password: "stanley-park-1",
  webhook_url: "https://example.com/parlour",
  token: "",
  user_id: "",
  group_id: "",
  message_id: "",
  invitation_id: "",
  invitation_code: "",
  webhook_id: "",
  delivery_id: "",
  export_id: "",
};

const ENVIRONMENTS = { "make start": "http://127.0.0.1:8080", "make up": "http://127.0.0.1:8090" };

/** What an answer tells that later requests need, by operation. `user_id` is somebody to talk to: a guest. */
const TOLD = {
  sign_up: { token: "token" },
  sign_in: { token: "token" },
  sign_up_guest: { user_id: "id" },
  create_group: { group_id: "id" },
  send_message: { message_id: "id" },
  create_invitation: { invitation_id: "invitation.id", invitation_code: "invitation.code" },
  create_webhook: { webhook_id: "id" },
  list_deliveries: { delivery_id: "deliveries[0]?.id" },
  request_export: { export_id: "id" },
};

/** What fields say that have no variable of their name, by operation and field. */
const SAID = {
  create_group: { name: "Stanley Park", description: "Sundays at ten" },
  update_group: { name: "Stanley Park", description: "Sundays at eleven" },
  update_me: { name: "{{ _.name }}" },
  erase_me: { current_password: "{{ _.password }}" },
  create_invitation: { expires_in: 604_800, uses: 10 },
  mark_read: { seq: 1 },
  change_role: { role: "admin" },
};

/** The variable for a parameter of a path or a field of a body. */
const VARIABLE = { id: "group_id", code: "invitation_code", ids: "user_id", url: "webhook_url", current_password: "password" };

const reference = (name) => `{{ _.${VARIABLE[name] ?? name} }}`;
const is = (name) => (VARIABLE[name] ?? name) in VARIABLES;

export async function openapi() {
  return JSON.parse(await readFile(fileURLToPath(new URL("../../docs/openapi.json", import.meta.url)), "utf8"));
}

/** The collection, as Insomnia imports it. */
export function collection(openapi) {
  const workspace = "wrk_parlour";
  const base = "env_parlour";
  const resources = [
    {
      _id: workspace,
      _type: "workspace",
      parentId: null,
      name: openapi.info.title,
      description: "Choose an environment, send *Sign up* or *Sign in*, and go on from the top: answers fill what later requests need.",
      scope: "collection",
    },
    {
      _id: base,
      _type: "environment",
      parentId: workspace,
      name: "Base Environment",
      data: { base_url: ENVIRONMENTS["make start"], ...VARIABLES },
    },
  ];
  for (const [name, base_url] of Object.entries(ENVIRONMENTS)) {
    const _id = `${base}_${name.replaceAll(" ", "_")}`;
    resources.push({ _id, _type: "environment", parentId: base, name, data: { base_url } });
  }
  const folders = new Set();
  for (const [path, operations] of Object.entries(openapi.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (PAGES.has(operation.operationId)) continue;
      const folder = `fld_parlour_${operation.tags[0]}`;
      if (!folders.has(folder)) {
        folders.add(folder);
        resources.push({ _id: folder, _type: "request_group", parentId: workspace, name: operation.tags[0] });
      }
      resources.push(request(openapi, folder, path, method, operation));
    }
  }
  return { _type: "export", __export_format: 4, __export_source: "parlour", resources };
}

function request(openapi, parentId, path, method, operation) {
  const { operationId, summary, description = "", parameters = [], requestBody, security = [] } = operation;
  const query = parameters.filter((parameter) => parameter.in === "query");
  const schema = requestBody?.content["application/json"].schema;
  const text = schema && JSON.stringify(example(openapi, schema, SAID[operationId] ?? {}), null, 2);
  return {
    _id: `req_parlour_${operationId}`,
    _type: "request",
    parentId,
    name: summary,
    description,
    method: method.toUpperCase(),
    url: `{{ _.base_url }}${path.replace(/{(\w+)}/g, (_, name) => reference(name))}`,
    parameters: query.map(({ name, description = "", required = false }) => ({
      name,
      description,
      value: required ? reference(name) : "",
      disabled: !required,
    })),
    headers: text ? [{ name: "Content-Type", value: "application/json" }] : [],
    body: text ? { mimeType: "application/json", text } : {},
    authentication: security.some(({ bearer }) => bearer) ? { type: "bearer", token: reference("token") } : {},
    afterResponseScript: script(TOLD[operationId]),
  };
}

function script(told = {}) {
  const lines = Object.entries(told).map(
    ([variable, path]) => `insomnia.environment.set(${JSON.stringify(variable)}, insomnia.response.json().${path} ?? "");`,
  );
  return lines.join("\n");
}

/** A body that a schema allows: what has to be there, and what the operation says. */
function example(openapi, schema, said) {
  if (schema.$ref) return example(openapi, openapi.components.schemas[schema.$ref.split("/").at(-1)], said);
  if (schema.oneOf) return example(openapi, schema.oneOf[0], said);
  const wanted = Object.entries(schema.properties).filter(
    ([name]) => schema.required?.includes(name) || name in said,
  );
  return Object.fromEntries(wanted.map(([name, field]) => [name, value(openapi, name, field, said)]));
}

function value(openapi, name, field, said) {
  if (name in said) return said[name];
  if (field.$ref || field.properties) return example(openapi, field, said);
  if (name === "message") return "Hello";
  if (field.type === "boolean") return true;
  if (is(name)) return reference(name);
  throw new Error(`nothing is known to say for ${name}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(collection(await openapi()), null, 2)}\n`);
}
