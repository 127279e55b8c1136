import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speak } from "../../src/app/words.ts";
import { KeyGate } from "../../src/chat/key-gate.ts";

const KEY = "sk-" + "test-invented-key-ab12";

let gate: KeyGate;
let sent: string[];
let knows: boolean;
const passed = vi.fn();

beforeEach(async () => {
  sent = [];
  knows = true;
  passed.mockReset();
  vi.stubGlobal("fetch", async (path: string, { method = "GET", body }: RequestInit) => {
    if (method === "GET") return new Response("{}");
    sent.push(`${method} ${path} ${String(body)}`);
    if (knows) return new Response("{}");
    const error = { code: "key_refused", message: "Nobody knows it.", request_id: "r", retry_after: null };
    return new Response(JSON.stringify({ error }), { status: 400 });
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

test("a key is sent once, to be kept if its server knows it, and is no longer in the page", async () => {
  const field = give();
  await vi.waitFor(() => expect(passed).toHaveBeenCalledOnce());
  expect(sent).toEqual([`PUT /api/key ${JSON.stringify({ key: KEY, tried: true })}`]);
  expect(field.value).toBe("");
});

test("the gate says why a key was not kept, and stays", async () => {
  knows = false;
  const field = give();
  await vi.waitFor(() => expect(gate.renderRoot.textContent).toContain("Nobody knows it."));
  expect(field.value).not.toBe("");
  expect(passed).not.toHaveBeenCalled();
});
