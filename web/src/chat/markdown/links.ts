/** Which addresses a text that came from outside may link to, and what of them is shown. */

export interface SafeLink {
  readonly href: string;
  /** Where it leads, as a person should see it: the host, or the address of a mailto link. */
  readonly host: string;
}

const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const LONGEST = 2048;

/** The link, or null when it is not absolute, or not http, https or mailto. */
export function safeLink(address: string): SafeLink | null {
  if (address.length > LONGEST) return null;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (!SCHEMES.has(url.protocol)) return null;
  if (url.protocol === "mailto:") return { href: `mailto:${url.pathname}`, host: decoded(url.pathname) };
  return { href: url.href, host: url.host };
}

/** Whether a link's own words already say where it leads. */
export function tellsHost(words: string, link: SafeLink): boolean {
  const bare = words.trim().toLowerCase().replace(/^https?:\/\//, "");
  return bare === link.host || bare.startsWith(`${link.host}/`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
