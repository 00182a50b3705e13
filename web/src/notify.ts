import { effect, signal } from "@preact/signals";
import type { Group, Message } from "./api/types";
import { line } from "./text/line";

const NAME = "parlour.notify";

/** Does this browser's owner want to be told of messages while they look elsewhere? */
export const notifies = signal(
  "Notification" in window && Notification.permission === "granted" && localStorage.getItem(NAME) === "yes",
);
/** Can it be had at all? */
export const canNotify = "Notification" in window;

export async function setNotifies(on: boolean): Promise<void> {
  notifies.value = on && (await Notification.requestPermission()) === "granted";
  localStorage.setItem(NAME, notifies.value ? "yes" : "no");
}

/** Shows a notification of the desktop, where that is wanted: for who does not look at the page. */
export function tell(group: Group, author: string, message: Message, open: () => void): void {
  if (!notifies.peek()) return;
  const shown = shownOf(group.name, { body: `${author}: ${line(message.message ?? "")}`, tag: group.id });
  if (!shown) return;
  shown.onclick = () => {
    window.focus();
    open();
    shown.close();
  };
}

/** Phones' browsers have the permission, and let no page of itself use it. */
function shownOf(title: string, options: NotificationOptions): Notification | null {
  try {
    return new Notification(title, options);
  } catch {
    notifies.value = false;
    return null;
  }
}

/** Shows in the window's title and sign that something is unread, for as long as `unread` says so. */
export function badge(unread: () => number): () => void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const plain = link?.href ?? "";
  const show = (number: number) => {
    document.title = number ? `(${number > 99 ? "99+" : number}) Parlour` : "Parlour";
    if (link) link.href = number ? dotted() : plain;
  };
  const stop = effect(() => show(unread()));
  return () => {
    stop();
    show(0);
  };
}

let dot: string | undefined;

/** The page's sign with a dot on it. */
function dotted(): string {
  dot ??= (() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 32;
    const pen = canvas.getContext("2d");
    if (!pen) return "";
    pen.fillStyle = "#0c6b58";
    pen.beginPath();
    pen.roundRect(0, 0, 32, 32, 8);
    pen.fill();
    pen.fillStyle = "#fff";
    pen.beginPath();
    pen.roundRect(7, 9, 16, 12, 3);
    pen.fill();
    pen.fillStyle = "#e5484d";
    pen.beginPath();
    pen.arc(24, 8, 8, 0, 7);
    pen.fill();
    return canvas.toDataURL();
  })();
  return dot;
}
