import { css, html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { PageElement } from "./element.ts";
import { type Connection, events } from "./events.ts";
import { whenChanged } from "./fresh.ts";
import { icon } from "./icons.ts";
import { type Route, SCREENS, type ScreenName, address, navigate, onRoute, route, startRouter } from "./router.ts";
import { loadScreen, screenOf } from "./screens.ts";
import { loadSettings } from "./settings.ts";
import { shared } from "./styles.ts";
import { watchViewport } from "./viewport.ts";
import { say } from "./words.ts";

/** Milliseconds: a short gap in the connection is not worth a word, and a good word need not stay. */
const PATIENCE = 1_500;
const GOOD_NEWS = 3_000;

/** The frame of the page: tabs, the screen of the address, and whether livetechno is there. */
@customElement("lt-app")
export class App extends PageElement {
  @state() private route: Route = route();
  @state() private failed = false;
  @state() private ready: ScreenName | null = null;
  @state() private news: "none" | "lost" | "back" = "none";
  private newsTimer: ReturnType<typeof setTimeout> | undefined;

  static override styles = [
    shared,
    css`
      :host {
        position: fixed;
        inset: 0 0 auto;
        display: grid;
        grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
        grid-template-areas: "news" "main" "tabs";
        height: 100vh;
        height: var(--viewport-height, 100dvh);
      }
      .skip {
        position: absolute;
        z-index: 3;
        top: var(--space-2);
        left: var(--space-2);
        transform: translateY(-200%);
      }
      .skip:focus {
        transform: none;
      }
      main {
        grid-area: main;
        overflow: hidden auto;
        overscroll-behavior: contain;
        padding-top: var(--safe-top);
        outline: none;
      }
      main.fills {
        overflow: hidden;
      }
      .news ~ :is(nav, main) {
        --safe-top: 0px; /* the news stands there */
      }
      .brand {
        display: none;
      }

      nav {
        grid-area: tabs;
        display: flex;
        padding: 2px var(--safe-right) var(--safe-bottom) var(--safe-left);
        border-top: 1px solid var(--line);
        background: var(--surface);
        overflow-x: auto;
        scrollbar-width: none;
      }
      :host([keyboard]) nav {
        display: none;
      }
      nav a {
        display: flex;
        flex: 1 0 auto;
        flex-direction: column;
        align-items: center;
        justify-content: center;
        gap: 3px;
        min-width: var(--target);
        min-height: 54px;
        padding: 0 2px;
        border-radius: var(--radius-s);
        color: var(--ink-soft);
        font-size: 0.625rem;
        font-weight: 500;
        line-height: 1.1;
        text-decoration: none;
        white-space: nowrap;
        letter-spacing: -0.01em;
        -webkit-tap-highlight-color: transparent;
        transition: color var(--quick);
      }
      nav a:hover {
        color: var(--ink);
      }
      nav a:focus-visible {
        outline-offset: -3px;
      }
      nav a[aria-current] {
        color: var(--accent);
      }

      .news {
        grid-area: news;
        display: flex;
        align-items: center;
        justify-content: center;
        gap: var(--space-3);
        min-height: var(--target);
        padding: calc(var(--safe-top) + var(--space-2)) var(--space-4) var(--space-2);
        line-height: 1.35;
        background: var(--warning-soft);
        color: var(--warning);
        font-size: var(--text-s);
        font-weight: 550;
      }
      .news.back {
        background: var(--accent-soft);
        color: var(--accent-strong);
      }
      .news button {
        flex: none;
        border-color: currentcolor;
        background: transparent;
        color: inherit;
      }
      .broken {
        display: grid;
        gap: var(--space-4);
        justify-items: center;
        padding: var(--space-7) var(--space-4);
        text-align: center;
      }

      @media (min-width: 900px) {
        :host {
          grid-template: auto minmax(0, 1fr) / calc(216px + var(--safe-left)) minmax(0, 1fr);
          grid-template-areas: "news news" "tabs main";
        }
        nav {
          flex-direction: column;
          gap: 2px;
          padding: calc(var(--space-4) + var(--safe-top)) var(--space-3) var(--space-4) calc(var(--space-3) + var(--safe-left));
          border-top: 0;
          border-right: 1px solid var(--line);
          background: var(--sunken);
          overflow: hidden auto;
        }
        main {
          --safe-left: 0px; /* the tabs stand there */
          padding-bottom: var(--safe-bottom);
        }
        .brand {
          display: flex;
          align-items: center;
          gap: var(--space-2);
          padding: var(--space-2) var(--space-3) var(--space-5);
          font-weight: 680;
          letter-spacing: -0.02em;
        }
        .brand svg {
          color: var(--accent);
        }
        nav a {
          flex: none;
          flex-direction: row;
          justify-content: flex-start;
          gap: var(--space-3);
          min-height: var(--target);
          padding: 0 var(--space-3);
          border-radius: var(--radius-m);
          font-size: var(--text-s);
          font-weight: 550;
          letter-spacing: 0;
        }
        nav a:hover {
          background: color-mix(in srgb, var(--ink) 5%, transparent);
        }
        nav a[aria-current] {
          background: var(--surface);
          box-shadow: 0 0 0 1px var(--line);
          color: var(--accent-strong);
        }
        nav a.last {
          margin-top: auto;
        }
        :host([keyboard]) nav {
          display: flex;
        }
      }
      @media (forced-colors: active) {
        nav a[aria-current] {
          border: 1px solid;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(
      startRouter(),
      onRoute((now) => this.show(now)),
      whenChanged(["settings"], () => void loadSettings().catch(() => undefined)),
      events.subscribe("connection", (now) => this.hearConnection(now)),
      watchViewport((keyboard) => this.toggleAttribute("keyboard", keyboard)),
    );
    addEventListener("keydown", this.shortcut);
    this.endings.push(() => removeEventListener("keydown", this.shortcut));
    events.start();
    void this.load(this.route.screen);
  }

  override updated(): void {
    document.title = `${say(`page.tab.${this.route.screen}`)} · livetechno`;
  }

  override render(): unknown {
    return html`
      <div role="status" class=${this.news === "none" ? "visually-hidden" : `news ${this.news}`}>${this.renderNews()}</div>
      <nav aria-label=${say("page.app.screens")}>
        <button class="skip" @click=${this.toContent}>${say("page.app.skip")}</button>
        <div class="brand">${icon("mixer", 20)} livetechno</div>
        ${SCREENS.map((name, at) => this.renderTab(name, at))}
      </nav>
      <main id="main" tabindex="-1" class=${this.route.screen === "chat" ? "fills" : ""} aria-label=${say(`page.tab.${this.route.screen}`)}>
        ${this.renderScreen()}
      </main>
    `;
  }

  private renderTab(name: ScreenName, at: number): unknown {
    const current = name === this.route.screen;
    return html`<a
      href=${address(name)}
      class=${name === "costs" ? "last" : ""}
      aria-current=${current ? "page" : nothing}
      aria-keyshortcuts="Alt+${at + 1}"
      title=${say("page.app.shortcut", { number: at + 1 })}
      >${icon(name)}<span>${say(`page.tab.${name}`)}</span></a
    >`;
  }

  private renderNews(): unknown {
    if (this.news === "back") return html`<span>${say("page.app.back")}</span>`;
    if (this.news === "none") return nothing;
    return html`<span>${say("page.app.lost")}</span>
      <button @click=${events.retryNow}>${say("page.app.try_now")}</button>`;
  }

  private renderScreen(): unknown {
    if (this.failed) {
      return html`<div class="broken" role="alert">
        <p>${say("page.app.screen_failed")}</p>
        <button @click=${this.loadAgain}>${say("page.app.try_now")}</button>
      </div>`;
    }
    return this.ready === this.route.screen ? screenOf(this.route) : nothing;
  }

  private show(now: Route): void {
    const moved = now.screen !== this.route.screen;
    this.route = now;
    if (moved) void this.load(now.screen);
  }

  private async load(screen: ScreenName): Promise<void> {
    this.failed = false;
    try {
      await loadScreen(screen);
    } catch {
      this.failed = true; // the server is gone, or has another version of the page
    }
    if (screen !== this.route.screen) return;
    this.ready = screen;
    await this.updateComplete;
    this.renderRoot.querySelector("main")?.scrollTo(0, 0);
    // on the narrowest phones the tabs scroll
    this.renderRoot.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** A browser may remember that a script was not there; then only the whole page anew helps, if the server is back. */
  private async loadAgain(): Promise<void> {
    await this.load(this.route.screen);
    if (this.failed && events.connection === "open") location.reload();
  }

  private hearConnection(now: Connection): void {
    clearTimeout(this.newsTimer);
    const later = (news: App["news"], wait: number): void => {
      this.newsTimer = setTimeout(() => (this.news = news), wait);
    };
    if (now === "lost") later("lost", this.news === "none" ? PATIENCE : 0);
    else if (this.news === "lost") {
      this.news = "back";
      later("none", GOOD_NEWS);
    }
  }

  private readonly shortcut = (event: KeyboardEvent): void => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const name = SCREENS[Number(/^Digit([1-8])$/.exec(event.code)?.[1]) - 1];
    if (!name) return;
    event.preventDefault();
    navigate(address(name));
    this.toContent();
  };

  private toContent(): void {
    this.renderRoot.querySelector("main")?.focus();
  }
}
