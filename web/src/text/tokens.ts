import { Lexer, type MarkedOptions, type Token, Tokenizer } from "marked";

/** The pieces that messages may be written with. Everything else that Markdown knows is text. */
class Pieces extends Tokenizer {
  override code = nothing;
  override heading = nothing;
  override hr = nothing;
  override html = nothing;
  override def = nothing;
  override table = nothing;
  override lheading = nothing;
  override tag = nothing;
  override link = nothing;
  override reflink = nothing;
  override del = nothing;
}

function nothing(): undefined {
  return undefined;
}

const OPTIONS: MarkedOptions = { gfm: true, breaks: true, tokenizer: new Pieces() };
/** A longer run of these at a line's beginning nests deeper than anybody reads. */
const DEEP = /^(?:[ \t]*(?:>|[-*+]|\d+[.)])){12}/m;
/** More of these, outside of code, make nothing that anybody reads, and take long to be sure of. */
const MOST_MARKS = 500;

/** A message as a tree of tokens. It is text and nothing else where it can't be one. */
export function tokens(text: string): Token[] {
  const marks = text.replace(/^```.*?^```/gms, "").match(/[*_`]/g)?.length ?? 0;
  if (marks > MOST_MARKS || DEEP.test(text)) return plain(text);
  try {
    return new Lexer(OPTIONS).lex(text);
  } catch {
    return plain(text);
  }
}

function plain(text: string): Token[] {
  return [{ type: "paragraph", raw: text, text, tokens: [{ type: "text", raw: text, text }] }];
}
