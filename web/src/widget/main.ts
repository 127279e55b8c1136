import { GptChat } from "./gpt-chat.ts";

// a page may load the script twice, from two servers
if (!customElements.get("gpt-chat")) customElements.define("gpt-chat", GptChat);
