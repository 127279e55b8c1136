/** Which screen is shown, and of what: the address is the truth. */

export const SCREENS = ["chat", "studio", "review", "arrange", "mixer", "export", "costs", "settings"] as const;
export type ScreenName = (typeof SCREENS)[number];

export interface Route {
  screen: ScreenName;
  /** The conversation that `/chat/{id}` names. */
  id: string | null;
  /** The message in it that `#m{message}` names. */
  message: string | null;
}

const MESSAGE = /^#m(\d+)$/;
const listeners = new Set<(route: Route) => void>();

/** The route of an address; what is unknown is the chat. */
export function parse(path: string, hash = ""): Route {
  const [first = "", second = ""] = path.split("/").slice(1);
  const screen = SCREENS.find((name) => name === first) ?? "chat";
  const id = first === "chat" && second ? decode(second) : null;
  return { screen, id, message: id === null ? null : (MESSAGE.exec(hash)?.[1] ?? null) };
}

/** The address of a screen, of a conversation, or of a message in it. */
export function address(screen: ScreenName, id: string | null = null, message: string | null = null): string {
  if (id === null) return `/${screen}`;
  return `/${screen}/${encodeURIComponent(id)}${message === null ? "" : `#m${message}`}`;
}

export function route(): Route {
  return parse(location.pathname, location.hash);
}

/** Go to an address of ours; `replace` leaves no step back. */
export function navigate(path: string, { replace = false } = {}): void {
  if (path === location.pathname + location.hash) return;
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  tell();
}

/** Call when the address changes. Gives what ends that. */
export function onRoute(listener: (route: Route) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Follow links to our screens without loading the page anew; gives what ends that. */
export function startRouter(): () => void {
  addEventListener("popstate", tell);
  document.addEventListener("click", follow);
  return () => {
    removeEventListener("popstate", tell);
    document.removeEventListener("click", follow);
  };
}

function tell(): void {
  const now = route();
  for (const listener of [...listeners]) listener(now);
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.composedPath().find((one): one is HTMLAnchorElement => one instanceof HTMLAnchorElement);
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  const first = link.pathname.split("/")[1] ?? "";
  if (!SCREENS.some((name) => name === first)) return;
  event.preventDefault();
  navigate(link.pathname + (MESSAGE.test(link.hash) ? link.hash : ""));
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
