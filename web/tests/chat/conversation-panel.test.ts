import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speak } from "../../src/app/words.ts";
import { ConversationPanel } from "../../src/chat/conversation-panel.ts";
import { ChatState } from "../../src/chat/state.ts";
import { FakeServer, conversation, detail } from "./fake-server.ts";

let server: FakeServer;
let state: ChatState;
let panel: ConversationPanel;

beforeEach(() => {
  speak("en");
  server = new FakeServer();
  state = new ChatState({ changed: () => panel.requestUpdate(), grew: () => undefined, turned: () => undefined, begun: () => undefined });
  panel = Object.assign(new ConversationPanel(), { state });
  document.body.append(panel);
});

afterEach(() => {
  panel.remove();
  speak(null);
  vi.unstubAllGlobals();
});

function field(id: string): HTMLInputElement {
  const found = panel.renderRoot.querySelector<HTMLInputElement>(`#${id}`);
  if (!found) throw new Error(`no field ${id}`);
  return found;
}

async function choose(id: string, value: string): Promise<void> {
  field(id).value = value;
  field(id).dispatchEvent(new Event("change"));
  await panel.updateComplete;
}

test("parameters are kept with their conversation, beside those that are not shown here", async () => {
  let shown = conversation("c", { parameters: { temperature: 0.5, effort: "low" } });
  server.otherwise = ({ method, path, body }) => {
    if (path !== "/api/conversations/c") return undefined;
    if (method === "PATCH") shown = { ...shown, ...body };
    return method === "GET" ? { ...detail([]), conversation: shown } : undefined;
  };
  await state.show("c");
  await panel.updateComplete;
  expect([field("temperature").value, field("most").value]).toEqual(["0.5", ""]);
  await choose("most", "300");
  await vi.waitFor(() => expect(state.detail?.conversation.parameters.max_tokens).toBe(300));
  await choose("temperature", "hot");
  expect(server.asked("PATCH", "/api/conversations/c").map(({ body }) => body)).toEqual([
    { parameters: { effort: "low", temperature: 0.5, max_tokens: 300 } },
    { parameters: { effort: "low", max_tokens: 300 } },
  ]);
});

test("what is chosen for a new conversation goes along with its first question, and with no other", async () => {
  await panel.updateComplete;
  await choose("system", "Be brief.");
  await choose("temperature", "0,7");
  await state.ask({ text: "One", images: [] });
  await state.ask({ text: "Two", images: [] });
  const bodies = server.asked("POST", "/api/answers").map(({ body }) => body);
  expect(bodies).toEqual([
    { id: expect.any(String), conversation: null, text: "One", images: [], system: "Be brief.", parameters: { temperature: 0.7 } },
    { id: expect.any(String), conversation: "c", text: "Two", images: [] },
  ]);
  expect(state.fresh).toEqual({ system: "", model: "", parameters: {} });
});
