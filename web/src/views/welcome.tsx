import { Api } from "../api/api";
import type { Config } from "../api/types";
import icon from "../icon.svg";
import { notice, signedIn } from "../sessions";
import { Field } from "./field";
import { Form } from "./form";
import { Guests } from "./guests";

const api = new Api(null);

/** The first screen: sign in, sign up, or look around as guests. */
export function Welcome({ config, invited }: { config: Config; invited: boolean }) {
  return (
    <main class="welcome">
      <header>
        <h1>
          <img src={icon} alt="" width="40" height="40" /> Parlour
        </h1>
        <p>
          Group chat on a server of your own. What was sent is never lost, never doubled, never out of order.
        </p>
      </header>
      {notice.value ? (
        <p class="notice" role="alert">
          {notice.value}
        </p>
      ) : null}
      {invited ? (
        <p class="notice" role="status">
          You are invited to a group. Sign in or sign up, and you can join it.
        </p>
      ) : null}
      {config.guests ? <Guests /> : null}
      <div class="doors">
        <SignIn />
        {config.sign_up === "open" ? (
          <SignUp />
        ) : (
          <p class="closed">New accounts come from whoever runs this server.</p>
        )}
      </div>
    </main>
  );
}

function SignIn() {
  const submit = async ({ email = "", password = "" }) => {
    const session = await api.post("/api/v1/users/sign_in", { body: { user: { email, password } } });
    signedIn({ people: [session] });
  };
  return (
    <section class="card">
      <h2>Sign in</h2>
      <Form name="Sign in" action="Sign in" submit={submit}>
        {(problem) => (
          <>
            <Field label="Email" name="email" type="email" autocomplete="username" problem={problem} />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="current-password"
              problem={problem}
            />
          </>
        )}
      </Form>
    </section>
  );
}

function SignUp() {
  const submit = async ({ name = "", email = "", password = "" }) => {
    const session = await api.post("/api/v1/users", { body: { user: { name, email, password } } });
    signedIn({ people: [session] });
  };
  return (
    <section class="card">
      <h2>Create an account</h2>
      <Form name="Create an account" action="Sign up" submit={submit}>
        {(problem) => (
          <>
            <Field label="Name" name="name" autocomplete="name" hint="Others see it" problem={problem} />
            <Field
              label="Email"
              name="email"
              type="email"
              autocomplete="email"
              hint="Shown to nobody else"
              problem={problem}
            />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="new-password"
              hint="At least 8 characters"
              problem={problem}
            />
          </>
        )}
      </Form>
    </section>
  );
}
