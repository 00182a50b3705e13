import type { ErrorBody, Refusal } from "./types.js";

/** Why a call was not answered as it was meant to be. */
export class Problem extends Error {
  override name = "Problem";
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The contract's code, which keeps its meaning for ever; 0 where no answer came. */
  readonly code: number;
  /** What the code is about. */
  readonly title: string;
  /** The rule that each field breaks. */
  readonly rules: ReadonlyMap<string, string>;
  /** How long to wait before another attempt, in seconds. */
  readonly retryAfter: number | null;
  /** What the server's logs call the request. */
  readonly requestId: string | null;

  constructor(status: number, body: Partial<ErrorBody>, retryAfter: number | null = null) {
    super(body.message ?? "The server can't be reached");
    this.status = status;
    this.code = body.code ?? status * 100;
    this.title = body.title ?? "";
    this.rules = new Map((body.details ?? []).map(({ field, rule }) => [field, rule]));
    this.retryAfter = retryAfter;
    this.requestId = body.request_id ?? null;
  }

  /** The problem that real time tells of, where there is no status beside the body. */
  static told(body: Refusal | undefined): Problem {
    return new Problem(Math.floor((body?.code ?? 0) / 100), body ?? {});
  }

  /** The token is not good, or no longer. */
  get signedOut(): boolean {
    return this.status === 401;
  }

  /** May the same call go well later? */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Nobody took the call: there is no connection, or a balancer with nothing behind it. */
  get unreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}
