import { type TemplateResult, html } from "lit";
import type { Route, ScreenName } from "./router.ts";

const LOADERS: Partial<Record<ScreenName, () => Promise<unknown>>> = {
  chat: () => import("../chat/chat-screen.ts"),
  costs: () => import("../screens/costs.ts"),
  settings: () => import("../screens/settings.ts"),
};

/** Load what a screen is made of; once, and only when it is asked for. */
export async function loadScreen(screen: ScreenName): Promise<void> {
  await (LOADERS[screen] ?? (() => import("../screens/later.ts")))();
}

/** The element of a screen that is loaded. */
export function screenOf(route: Route): TemplateResult {
  switch (route.screen) {
    case "chat":
      return html`<lt-chat-screen .conversation=${route.id} .message=${route.message}></lt-chat-screen>`;
    case "costs":
      return html`<lt-costs-screen></lt-costs-screen>`;
    case "settings":
      return html`<lt-settings-screen></lt-settings-screen>`;
    default:
      return html`<lt-later-screen name=${route.screen}></lt-later-screen>`;
  }
}
