/** How many colours there are, a power of two; see `styles/controls.css`. */
const COLOURS = 8;

/** The first letter of a name, on a colour that stays the same. */
export function Avatar({ id, name, square = false }: { id: string; name: string | null; square?: boolean }) {
  // FNV-1a: ids that differ in little differ in their colour.
  const hash = [...id].reduce(
    (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193),
    0x811c9dc5,
  );
  const colour = ((hash >>> 16) ^ hash) & (COLOURS - 1);
  const [letter = "?"] = [...new Intl.Segmenter().segment((name ?? "").trim())].map(({ segment }) => segment);
  return (
    <span class={`avatar ${square ? "square" : ""}`} data-colour={colour} aria-hidden="true">
      {letter.toLocaleUpperCase()}
    </span>
  );
}
