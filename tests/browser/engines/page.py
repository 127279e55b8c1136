"""The page as a person meets it, in any engine: what has a name is pressed, and keys are typed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tests.browser.engines.driver import Driver

T = TypeVar("T")

PATIENCE = 15
"""Seconds that the page may take for anything, on a machine that is busy."""
GLANCE = 0.02
"""Seconds between two looks at it."""

QUESTIONS, ANSWERS, WHOLE, GROWING, TROUBLE = ".bubble", ".markdown", ".facts", ".cursor", "[role=alert]"
ENTER = "\ue007"
"""The key, as WebDriver writes it."""

# Every element, those in open shadow roots too, in the order of the page.
DEEP = """
    function* deep(root) {
        for (const one of root.querySelectorAll("*")) {
            yield one;
            if (one.shadowRoot) yield* deep(one.shadowRoot);
        }
    }
"""
TEXTS = f"""(selector) => {{ {DEEP}
    return [...deep(document)].filter((one) => one.matches(selector)).map((one) => one.textContent.trim());
}}"""
# The middle of what has this name, once a finger that comes down there touches it and nothing else.
PLACE = f"""(name, selector) => {{ {DEEP}
    const touched = (x, y) => {{
        let top = document.elementFromPoint(x, y);
        for (let inner; (inner = top?.shadowRoot?.elementFromPoint(x, y)) && inner !== top; ) top = inner;
        return top;
    }};
    for (const one of deep(document)) {{
        if (!one.matches(selector) || one.disabled) continue;
        if ((one.getAttribute("aria-label") ?? one.innerText).trim() !== name) continue;
        one.scrollIntoView({{ block: "nearest" }});
        const box = one.getBoundingClientRect();
        const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
        if (one.contains(touched(x, y))) return [x, y];
    }}
    return [];
}}"""


# A text is written in the frame after the one that tells of it.
DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))"


class Page:
    """The page at `url` in an engine's window."""

    def __init__(self, driver: Driver, url: str) -> None:
        self._driver = driver
        self._url = url

    def open(self, path: str = "") -> None:
        self._driver.open(self._url + path)

    def reload(self) -> None:
        self._driver.reload()

    # --- what is seen

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that a CSS selector finds, wherever they are."""
        texts: list[str] = self._driver.run(TEXTS, selector)
        return texts

    def answers(self) -> list[str]:
        """The texts of all answers, once what the page knows of them by now is drawn."""
        self._driver.run(DRAWN)
        return self.texts(ANSWERS)

    def language(self) -> str:
        language: str = self._driver.run("() => document.documentElement.lang")
        return language

    def until(self, what: str, look: Callable[[], T]) -> T:
        """What `look` gives as soon as that is something; `what` is told when it never is."""
        limit = time.monotonic() + PATIENCE
        while not (seen := look()):
            assert time.monotonic() < limit, f"never seen: {what}; trouble told: {self.texts(TROUBLE)}"
            time.sleep(GLANCE)
        return seen

    def see(self, text: str, selector: str) -> None:
        """Wait for an element whose text contains this."""
        self.until(f"{text!r} in {selector}", lambda: any(text in one for one in self.texts(selector)))

    def growing(self, than: str = "") -> str:
        """The last answer, while it is being written and longer than a text."""

        def look() -> str:
            text = (self.texts(ANSWERS) or [""])[-1]
            return text if len(text) > len(than) and self.texts(GROWING) else ""

        return self.until("an answer that grows", look)

    def answer(self, end: str) -> str:
        """The only answer, when it is whole; it ends in this."""

        def look() -> str:
            texts = self.texts(ANSWERS)
            whole = len(self.texts(WHOLE)) == len(texts) == 1 and not self.texts(GROWING)
            return texts[0] if whole and texts[0].endswith(end) else ""

        return self.until(f"a whole answer that ends in {end!r}", look)

    # --- what is done

    def press(self, name: str, selector: str = "a, button, label, textarea, input") -> None:
        """Click what has this name, as soon as it can be clicked and stays where it is."""
        place: list[int] = []

        def look() -> list[int]:
            nonlocal place
            before, place = place, self._driver.run(PLACE, name, selector)
            return place if place == before else []

        x, y = self.until(f"something to press: {name!r}", look)
        moves = [
            {"type": "pointerMove", "x": x, "y": y, "origin": "viewport", "duration": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}
        self._driver.perform([mouse])

    def type(self, text: str) -> None:
        """Type a text where the focus is, key by key."""
        moves = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._driver.perform([{"type": "key", "id": "keyboard", "actions": moves}])

    def ask(self, question: str, box: str = "Your message") -> None:
        """Send a question, and see it in the thread."""
        self.press(box)
        self.type(question + ENTER)
        self.see(question, QUESTIONS)
