import { afterEach, expect, test, vi } from "vitest";
import { download, fileName } from "../src/app/download.ts";
import { loadSettings } from "../src/app/settings.ts";
import { FakeServer, SETTINGS } from "./chat/fake-server.ts";

afterEach(() => vi.unstubAllGlobals());

test("a file has the name that the server says, accents and all", () => {
  expect(fileName("attachment; filename=\"Ete.md\"; filename*=UTF-8''%C3%89t%C3%A9.md")).toBe("Été.md");
  expect(fileName('attachment; filename="livetechno-costs.csv"')).toBe("livetechno-costs.csv");
  expect(fileName("attachment")).toBeNull();
});

test("where the host hands files to the person, it gets name and content", async () => {
  const server = new FakeServer();
  const file = new Response("Été", { headers: { "Content-Disposition": 'attachment; filename="a.md"' } });
  server.otherwise = ({ path }) => (path === "/file" ? file : undefined);
  server.settings = { ...SETTINGS, shares: true };
  await loadSettings();
  await download("/file", "b.md");
  expect(server.asked("POST", "/api/share")[0]?.body).toEqual({
    name: "a.md",
    content: `data:application/octet-stream;base64,${btoa(String.fromCharCode(...new TextEncoder().encode("Été")))}`,
  });
});
