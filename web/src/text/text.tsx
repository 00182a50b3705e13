import type { Token, Tokens } from "marked";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { tokens } from "./tokens";

/**
 * What somebody wrote, as elements of its own kinds: there is no HTML in between, so nothing that is written
 * can become any.
 */
export function Text({ text }: { text: string }) {
  return useMemo(() => <div class="text">{blocks(tokens(text))}</div>, [text]);
}

function blocks(tokens: readonly Token[]): ComponentChildren {
  return tokens.map(block);
}

function block(token: Token): ComponentChildren {
  switch (token.type) {
    case "space":
      return null;
    case "blockquote":
      return <blockquote dir="auto">{blocks(token.tokens ?? [])}</blockquote>;
    case "code":
      return (
        <pre dir="ltr">
          <code>{token.text}</code>
        </pre>
      );
    case "list":
      return list(token as Tokens.List);
    case "paragraph":
      return <p dir="auto">{inlines(token)}</p>;
    default:
      return inlines(token);
  }
}

function list({ ordered, start, items }: Tokens.List): ComponentChildren {
  const entries = items.map((item) => <li dir="auto">{blocks(item.tokens)}</li>);
  return ordered ? (
    <ol dir="auto" start={Number(start)}>
      {entries}
    </ol>
  ) : (
    <ul dir="auto">{entries}</ul>
  );
}

/** What is in a piece; its own text, where it has no pieces. */
function inlines(token: Token): ComponentChildren {
  const inner = "tokens" in token ? token.tokens : undefined;
  return inner?.length ? inner.map(inline) : inline(token);
}

function inline(token: Token): ComponentChildren {
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token)}</strong>;
    case "em":
      return <em>{inlines(token)}</em>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "link":
      return link(token as Tokens.Link);
    case "text":
      return "tokens" in token && token.tokens?.length ? inlines(token) : token.text;
    case "escape":
      return token.text;
    default:
      return token.raw;
  }
}

/** Addresses of the web can be followed; whatever else looks like one is text. */
function link({ href, raw, text }: Tokens.Link): ComponentChildren {
  const url = URL.canParse(href) ? new URL(href) : null;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return raw;
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
      {text}
    </a>
  );
}
