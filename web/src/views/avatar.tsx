/** How many colours there are; see `styles/controls.css`. */
const COLOURS = 8;

/** The first letter of a name, on a colour that stays the same. */
export function Avatar({ id, name, square = false }: { id: string; name: string | null; square?: boolean }) {
  const colour = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) % COLOURS;
  const [letter = "?"] = [...new Intl.Segmenter().segment((name ?? "").trim())].map(({ segment }) => segment);
  return (
    <span class={`avatar ${square ? "square" : ""}`} data-colour={colour} aria-hidden="true">
      {letter.toLocaleUpperCase()}
    </span>
  );
}
