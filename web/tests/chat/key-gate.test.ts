import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { say, speak } from "../../src/app/words.ts";
import { KeyGate } from "../../src/chat/key-gate.ts";

const KEY = "sk-" + "test-invented-key-ab12";

let gate: KeyGate;
let sent: string[];
let verdict: { status: number; code: string };
const passed = vi.fn();

beforeEach(async () => {
  sent = [];
  verdict = { status: 200, code: "" };
  passed.mockReset();
  vi.stubGlobal("fetch", async (path: string, { method = "GET" }: RequestInit) => {
    if (method !== "GET") sent.push(`${method} ${path}`);
    if (!path.endsWith("/test") || verdict.status === 200) return new Response("{}");
    const error = { code: verdict.code, message: "No.", request_id: "r", retry_after: null };
    return new Response(JSON.stringify({ error }), { status: verdict.status });
  });
  speak("en");
  gate = new KeyGate();
  gate.addEventListener("passed", passed);
  document.body.append(gate);
  await gate.updateComplete;
});

afterEach(() => {
  gate.remove();
  speak(null);
  localStorage.clear();
  vi.unstubAllGlobals();
});

function give(): HTMLInputElement {
  const field = gate.renderRoot.querySelector("input") as HTMLInputElement;
  field.value = ` ${KEY} `;
  gate.renderRoot.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true }));
  return field;
}

test("a key that its server knows is kept, and no longer in the page", async () => {
  const field = give();
  await vi.waitFor(() => expect(passed).toHaveBeenCalledOnce());
  expect(sent).toEqual(["PUT /api/key", "POST /api/key/test"]);
  expect(field.value).toBe("");
});

test("a key that its server does not know is not kept; the gate says so and stays", async () => {
  verdict = { status: 401, code: "authentication" };
  give();
  await vi.waitFor(() => expect(gate.renderRoot.textContent).toContain(say("page.chat.gate.refused")));
  expect(sent).toEqual(["PUT /api/key", "POST /api/key/test", "DELETE /api/key"]);
  expect(passed).not.toHaveBeenCalled();
});

test("a key whose server cannot be asked now is kept", async () => {
  verdict = { status: 502, code: "connection" };
  give();
  await vi.waitFor(() => expect(passed).toHaveBeenCalledOnce());
  expect(sent).not.toContain("DELETE /api/key");
});
