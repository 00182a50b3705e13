import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the API. */
const api = process.env.API ?? "http://127.0.0.1:8080";

/** The terms of what is bundled, named as every file beside the page is: by what decides its content. */
const client = "../clients/typescript";
const locks = ["package-lock.json", `${client}/package-lock.json`].map((name) => readFileSync(name));
const locked = createHash("sha256").update(Buffer.concat(locks)).digest("hex").slice(0, 8);
const licences = `assets/licences-${locked}.md`;

export default defineConfig({
  build: {
    license: { fileName: licences },
    rolldownOptions: { output: { postBanner: `/*! Whose work this is made of: /${licences} */` } },
    target: "es2023",
    // Nothing is inlined: the page's policy allows no inline script, and files with a hash are kept for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    fs: { allow: [".", client] },
    proxy: { "/api": api, "/config.json": api, "/docs": api },
  },
});
