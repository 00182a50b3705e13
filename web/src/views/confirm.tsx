import { Dialog } from "./dialog";
import { Form } from "./form";

interface ConfirmProps {
  title: string;
  text: string;
  /** What the button says. */
  action: string;
  act: () => Promise<void>;
  close: () => void;
}

/** Asks once more. */
export function Confirm({ title, text, action, act, close }: ConfirmProps) {
  const submit = async () => {
    await act();
    close();
  };
  return (
    <Dialog title={title} close={close}>
      <Form name={title} action={action} submit={submit} cancel={close}>
        {() => <p>{text}</p>}
      </Form>
    </Dialog>
  );
}
