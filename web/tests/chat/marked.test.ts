import { html, render } from "lit";
import { expect, test } from "vitest";
import { marked } from "../../src/chat/marked.ts";

function shown(excerpt: string, marks: [number, number][]): HTMLElement {
  const place = document.createElement("span");
  render(html`${marked({ excerpt, marks })}`, place);
  return place;
}

test("the words that were found are marked, counted in characters as Python does", () => {
  const place = shown("🥁 kick and Kick!", [[2, 6], [11, 15]]);
  expect(place.textContent).toBe("🥁 kick and Kick!");
  expect([...place.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual(["kick", "Kick"]);
});

test("without marks it is as it stands, and it is text and no HTML", () => {
  expect(shown("<b>x</b>", []).textContent).toBe("<b>x</b>");
  expect(shown("<b>x</b>", [[0, 3]]).querySelector("b")).toBeNull();
});
