const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const fullDate = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const DAY = 86_400_000;

function midnight(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** How many midnights lie between then and now. */
function daysAgo(time: Date): number {
  return Math.round((midnight(new Date()) - midnight(time)) / DAY);
}

export function sameDay(one: string, other: string): boolean {
  return midnight(new Date(one)) === midnight(new Date(other));
}

/** `14:05` */
export function clockTime(time: string): string {
  return clock.format(new Date(time));
}

/** All of it, for a tooltip. */
export function fullTime(time: string): string {
  return full.format(new Date(time));
}

/** As a list has room for: the time today, else the day. */
export function shortTime(time: string): string {
  const when = new Date(time);
  const days = daysAgo(when);
  if (days <= 0) return clock.format(when);
  if (days === 1) return "Yesterday";
  return days < 7 ? weekday.format(when) : date.format(when);
}

/** What a day's divider says. */
export function dayName(time: string): string {
  const when = new Date(time);
  const days = daysAgo(when);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return when.getFullYear() === new Date().getFullYear() ? longDate.format(when) : fullDate.format(when);
}
