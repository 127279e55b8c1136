import { expect, test } from "vitest";
import { ServerSentEvents } from "../src/app/sse.ts";

const STREAM = ': padding\n\nid: 1\nevent: delta\ndata: {"text":"é"}\n\nevent: done\r\ndata: a\r\ndata:  b\r\n\r\ndata\rignored: x\r\r';
const EVENTS = [
  { type: "delta", data: '{"text":"é"}', id: "1" },
  { type: "done", data: "a\n b", id: "1" },
  { type: "message", data: "", id: "1" },
];

test("events are the same however the text is cut", () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const reader = new ServerSentEvents();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...reader.read(STREAM.slice(at, at + size)));
    found.push(...reader.read("\n")); // a last carriage return waits for what follows it
    expect(found).toEqual(EVENTS);
  }
});

test("an event that is not ended is not told", () => {
  const reader = new ServerSentEvents();
  expect(reader.read("event: delta\ndata: half")).toEqual([]);
  expect(reader.read("\n")).toEqual([]);
  expect(reader.read("\n")).toEqual([{ type: "delta", data: "half", id: "" }]);
});

test("a comment, or an event without data, says nothing", () => {
  expect(new ServerSentEvents().read(": heartbeat\n\nevent: ping\n\n")).toEqual([]);
});
