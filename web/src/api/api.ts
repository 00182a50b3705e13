import { Api as Client, type Problem } from "parlour-client";

/** The API of the server that the page is from. */
export class Api extends Client {
  /** `signedOut` hears when the token is refused. */
  constructor(token: string | null, signedOut: (problem: Problem) => void = () => {}) {
    super({ token, signedOut });
  }
}
