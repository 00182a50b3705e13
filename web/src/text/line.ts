import type { Token, Tokens } from "marked";
import { tokens } from "./tokens";

/** What somebody wrote, in one line and without its marks: for where there is no room for more. */
export function line(text: string): string {
  return words(tokens(text)).replace(/\s+/g, " ").trim();
}

function words(tokens: readonly Token[]): string {
  return tokens.map(word).join("");
}

function word(token: Token): string {
  switch (token.type) {
    case "space":
    case "br":
      return " ";
    case "code":
      return `${token.text} `;
    case "list":
      return (token as Tokens.List).items.map((item) => `${words(item.tokens)} `).join("");
    case "paragraph":
    case "blockquote":
      return `${words(token.tokens ?? [])} `;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    case "codespan":
    case "escape":
      return token.text;
    case "strong":
    case "em":
    case "text":
      return "tokens" in token && token.tokens?.length ? words(token.tokens) : token.text;
    default:
      return token.raw;
  }
}
