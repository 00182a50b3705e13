// After the build: packs each file beside itself as `.gz`, as it is served, and refuses a page that grew too big.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

/** All script together, packed, in bytes. */
const SCRIPT_LIMIT = 80_000;

const dist = new URL("../dist/", import.meta.url);
const names = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`);

let script = 0;
for (const name of names) {
  const packed = gzipSync(readFileSync(name), { level: 9 });
  writeFileSync(`${name}.gz`, packed);
  if (name.endsWith(".js")) script += packed.length;
}
console.log(`script: ${(script / 1000).toFixed(1)} kB of ${SCRIPT_LIMIT / 1000} kB, packed`);
if (script > SCRIPT_LIMIT) {
  console.error("the page's script is too big");
  process.exit(1);
}
