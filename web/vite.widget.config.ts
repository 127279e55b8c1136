import { defineConfig } from "vite";
import { TARGET } from "./tools/target.ts";
import { words } from "./tools/words.ts";

// The widget for other people's pages: one file, whose name stays (server/widget.py).
export default defineConfig({
  plugins: [words()],
  build: {
    outDir: "../src/livetechno/server/page",
    emptyOutDir: false,
    target: TARGET,
    lib: { entry: "src/widget/main.ts", formats: ["es"], fileName: () => "gpt-chat.js" },
    rolldownOptions: { output: { minify: true } },
    reportCompressedSize: true,
  },
});
