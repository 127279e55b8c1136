import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";
import { messageOf } from "../app/api.ts";
import { coded } from "../app/coded.ts";
import { PageElement } from "../app/element.ts";
import { loadSettings, onSettings, settings } from "../app/settings.ts";
import { page, shared } from "../app/styles.ts";
import { THEMES, type Theme, setTheme, theme } from "../app/theme.ts";
import { LANGUAGES, type Language, language, languageFollows, say, speak } from "../app/words.ts";
import "./budgets.ts";
import { card } from "./card.ts";
import "./key-card.ts";
import "./server-card.ts";

/** Key, server, models, budgets, language and theme. */
@customElement("lt-settings-screen")
export class SettingsScreen extends PageElement {
  @state() private failed = "";

  static override styles = [shared, page, card];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(onSettings(() => this.requestUpdate()));
    void this.load();
  }

  override render(): unknown {
    const now = settings();
    return html`<div class="page">
      <header>
        <h1>${say("page.tab.settings")}</h1>
        <p class="soft">${say("page.settings.what")}</p>
      </header>
      ${this.failed
        ? html`<div role="alert" class="card">
            <p class="error">${coded(this.failed)}</p>
            <div class="actions"><button @click=${this.load}>${say("page.app.try_now")}</button></div>
          </div>`
        : now
          ? html`<lt-key-card></lt-key-card><lt-server-card></lt-server-card><lt-budgets></lt-budgets>`
          : nothing}
      ${now || this.failed ? this.renderLook() : nothing}
      ${now ? html`<p class="soft small number">${say("page.settings.version", { version: now.version })}</p>` : nothing}
    </div>`;
  }

  private renderLook(): unknown {
    const spoken = languageFollows() ? "" : language();
    return html`<section class="card" aria-labelledby="look">
      <h2 id="look">${say("page.settings.look")}</h2>
      <fieldset @change=${this.setLanguage}>
        <legend>${say("page.settings.language")}</legend>
        <div class="segments">
          ${segment("language", "", say("page.settings.language.follow"), spoken)}
          ${LANGUAGES.map((one) => segment("language", one, NAMES[one], spoken, one))}
        </div>
      </fieldset>
      <fieldset @change=${this.setTheme}>
        <legend>${say("page.settings.theme")}</legend>
        <div class="segments">
          ${THEMES.map((one) => segment("theme", one, say(`page.settings.theme.${one}`), theme()))}
        </div>
      </fieldset>
    </section>`;
  }

  private setLanguage(event: Event): void {
    speak(((event.target as HTMLInputElement).value as Language) || null);
  }

  private setTheme(event: Event): void {
    setTheme((event.target as HTMLInputElement).value as Theme);
    this.requestUpdate();
  }

  private readonly load = async (): Promise<void> => {
    this.failed = "";
    try {
      await loadSettings();
    } catch (error) {
      this.failed = messageOf(error);
    }
  };
}

/** How each language calls itself. */
const NAMES: Record<Language, string> = { en: "English", fr: "Français" };

function segment(name: string, value: string, label: string, chosen: string, lang?: string): unknown {
  return html`<label lang=${lang ?? nothing}>
    <input type="radio" name=${name} .value=${value} .checked=${value === chosen} />${label}
  </label>`;
}
