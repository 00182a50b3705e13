import type { Schema } from "./types";

/** Why a call was not answered as it was meant to be. */
export class Problem extends Error {
  override name = "Problem";
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The contract's code; 0 where no answer came. */
  readonly code: number;
  /** The rule that each field breaks. */
  readonly rules: ReadonlyMap<string, string>;
  /** How long to wait before another attempt, in seconds. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Partial<Schema<"Error">>, retryAfter: number | null = null) {
    super(body.message ?? "The server can't be reached");
    this.status = status;
    this.code = body.code ?? status * 100;
    this.rules = new Map((body.details ?? []).map(({ field, rule }) => [field, rule]));
    this.retryAfter = retryAfter;
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

/** What went wrong, for people. */
export function told(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
