import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { HtmlTagDescriptor, Plugin } from "vite";

const ICONS = [
  { file: "icon.svg", type: "image/svg+xml", sizes: "any", purpose: "any" },
  { file: "icon-192.png", type: "image/png", sizes: "192x192", purpose: "any" },
  { file: "icon-512.png", type: "image/png", sizes: "512x512", purpose: "any" },
  { file: "icon-maskable-512.png", type: "image/png", sizes: "512x512", purpose: "maskable" },
];

/** The web app manifest and its icons, all named after their content, and linked in the HTML. */
export function manifest(): Plugin {
  let base = "/";
  return {
    name: "livetechno-manifest",
    apply: "build",
    configResolved(config) {
      base = config.base;
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const emitted = Object.values(bundle ?? {});
        const address = (name: string): string => {
          const found = emitted.find((file) => file.type === "asset" && file.names.includes(name));
          if (!found) throw new Error(`${name} was not emitted`);
          return base + found.fileName;
        };
        const link = (attributes: Record<string, string>): HtmlTagDescriptor => ({
          tag: "link",
          attrs: attributes,
          injectTo: "head",
        });
        return [
          link({ rel: "icon", type: "image/svg+xml", href: address("icon.svg") }),
          link({ rel: "apple-touch-icon", href: address("icon-192.png") }),
          link({ rel: "manifest", href: address("manifest.json") }),
        ];
      },
    },
    buildStart() {
      for (const { file } of ICONS) this.emitFile({ type: "asset", name: file, source: read(file) });
    },
    generateBundle: {
      order: "pre",
      handler(_options, bundle) {
        const icons = ICONS.map(({ file, ...about }) => {
          const found = Object.values(bundle).find((one) => one.type === "asset" && one.names.includes(file));
          return { src: base + (found?.fileName ?? file), ...about };
        });
        const source = JSON.stringify({ ...ABOUT, icons });
        this.emitFile({ type: "asset", name: "manifest.json", source });
      },
    },
  };
}

const ABOUT = {
  id: "/",
  name: "livetechno",
  short_name: "livetechno",
  start_url: "/",
  scope: "/",
  display: "standalone",
  background_color: "#f6f6f3",
  theme_color: "#f6f6f3",
};

function read(file: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../icons/${file}`, import.meta.url)));
}
