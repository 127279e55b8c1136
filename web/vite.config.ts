import { defineConfig } from "vitest/config";
import { manifest } from "./tools/manifest.ts";
import { TARGET } from "./tools/target.ts";
import { words } from "./tools/words.ts";

// Where livetechno's own files are, so that they are in no maker's way (server/pages.py).
const base = "/_livetechno/";
const server = process.env["LIVETECHNO_SERVER"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  base,
  plugins: [words(), manifest()],
  build: {
    outDir: "../src/livetechno/server/page",
    emptyOutDir: true,
    target: TARGET,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // `npm run dev` shows the page as it is written, with the API of a running livetechno.
  server: { proxy: { "/api": { target: server, changeOrigin: true, headers: { origin: server } } } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"], setupFiles: ["tests/patience.ts"], testTimeout: 20_000 },
});
