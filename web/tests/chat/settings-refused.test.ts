import { expect, test, vi } from "vitest";
import { speak } from "../../src/app/words.ts";
import { ChatScreen } from "../../src/chat/chat-screen.ts";
import { FakeServer, refusal } from "./fake-server.ts";

test("settings that cannot be used are told in place of the gate, and read again when asked", async () => {
  speak("en");
  const server = new FakeServer();
  server.otherwise = ({ path }) => (path === "/api/settings" ? refusal("configuration", 400) : undefined);
  const screen = new ChatScreen();
  document.body.append(screen);
  const trouble = (): Element | null => screen.renderRoot.querySelector(".trouble");
  await vi.waitFor(() => expect(trouble()?.textContent).toContain("Refused: configuration."));
  expect(screen.renderRoot.querySelector("lt-key-gate")).toBeNull();
  server.otherwise = () => undefined;
  trouble()?.querySelector("button")?.click();
  await vi.waitFor(() => expect(trouble()).toBeNull());
  screen.remove();
});
