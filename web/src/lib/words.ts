/** `1 message`, `2 messages` */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** How long a text is as the server counts: in characters, not in halves of them. */
export function length(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
