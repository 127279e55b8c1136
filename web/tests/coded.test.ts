import { html, render } from "lit";
import { expect, test } from "vitest";
import { coded } from "../src/app/coded.ts";

function shown(sentence: string): HTMLElement {
  const place = document.createElement("p");
  render(html`${coded(sentence)}`, place);
  return place;
}

test("a command in a sentence is code, without its backticks", () => {
  const place = shown("Check it with `livetechno key test`; or `livetechno key set`.");
  expect(place.textContent).toBe("Check it with livetechno key test; or livetechno key set.");
  expect([...place.querySelectorAll("code")].map((code) => code.textContent)).toEqual(["livetechno key test", "livetechno key set"]);
});

test("what a sentence holds is text and no HTML, and a single backtick stays", () => {
  for (const sentence of ["a ` b", "", "<b>x</b>"]) expect(shown(sentence).textContent).toBe(sentence);
  expect(shown("`<img src=x>`").querySelector("img")).toBeNull();
});
