/** Files that leave the page: saved by the browser, or handed to the person by the host whose WebView saves none. */

import { open, post } from "./api.ts";
import { dataUrl } from "./data-url.ts";
import { loadSettings, settings } from "./settings.ts";

/** Save what a GET gives as a file, under the name that the server says. */
export async function download(path: string, fallbackName: string): Promise<void> {
  const response = await open("GET", path);
  const name = fileName(response.headers.get("Content-Disposition") ?? "") ?? fallbackName;
  const content = await response.blob();
  const { shares } = settings() ?? (await loadSettings());
  if (shares) await post("/api/share", { name, content: await dataUrl(content, "application/octet-stream") });
  else save(name, content);
}

/** The name that a header `Content-Disposition` gives a file (RFC 6266). */
export function fileName(disposition: string): string | null {
  const encoded = /filename\*=UTF-8''([^;\s]+)/i.exec(disposition)?.[1];
  return encoded ? decodeURIComponent(encoded) : (/filename="([^"]+)"/.exec(disposition)?.[1] ?? null);
}

function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
