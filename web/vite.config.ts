import { defineConfig } from "vite";

/** Where `npm run dev` finds the API. */
const api = process.env.API ?? "http://127.0.0.1:8080";

export default defineConfig({
  build: {
    target: "es2023",
    // Nothing is inlined: the page's policy allows no inline script, and files with a hash are kept for ever.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { host: "127.0.0.1", proxy: { "/api": api, "/config.json": api, "/docs": api } },
});
