"""What is typed into, and what scrolls, in the stand-in's `ui`."""

from __future__ import annotations

from typing import Any

from _app import app
from _ui_geometry import Numbers, Point, Size, measure
from _ui_view import Looks, View


class Delegated(View):
    """A view that tells a delegate; whoever has no such method is not told."""

    _final = True
    delegate: Any = None

    def tell(self, name: str, *arguments: Any, usual: Any = None) -> Any:
        """What the delegate says, or `usual`."""
        hook = getattr(self.delegate, name, None)
        if hook is None:
            return usual
        answer = hook(self, *arguments)
        return usual if answer is None else answer


class ScrollView(Delegated):
    """A window onto something larger."""

    _final = True
    scroll_enabled: Any = Looks(True)
    bounces: Any = Looks(True)
    always_bounce_vertical: Any = Looks(False)
    always_bounce_horizontal: Any = Looks(False)
    shows_vertical_scroll_indicator: Any = Looks(True)
    shows_horizontal_scroll_indicator: Any = Looks(True)
    indicator_style: Any = Looks("default")
    paging_enabled: Any = Looks(False)
    content_inset: Any = Looks((0.0, 0.0, 0.0, 0.0))
    scroll_indicator_insets: Any = Looks((0.0, 0.0, 0.0, 0.0))
    directional_lock_enabled: Any = Looks(False)
    dragging = False
    decelerating = False
    tracking = False

    @property
    def content_size(self) -> Size:
        """How large what it shows is."""
        return Size(*self.__dict__.get("_content_size", (0.0, 0.0)))

    @content_size.setter
    def content_size(self, given: Numbers) -> None:
        self.changes("content_size")
        self.__dict__["_content_size"] = (float(given[0]), float(given[1]))
        self.keep_within()

    @property
    def content_offset(self) -> Point:
        """What of it stands in the upper left corner."""
        return Point(*self.__dict__.get("_content_offset", (0.0, 0.0)))

    @content_offset.setter
    def content_offset(self, given: Numbers) -> None:
        self.changes("content_offset")
        new = Point(float(given[0]), float(given[1]))
        if new != self.content_offset:
            self.__dict__["_content_offset"] = new
            self.tell("scrollview_did_scroll")

    @property
    def end_offset(self) -> Point:
        """How far the person can scroll."""
        top, left, bottom, right = self.content_inset
        size = self.content_size
        return Point(
            max(-left, size.width + right - self.width), max(-top, size.height + bottom - self.height)
        )

    def keep_within(self) -> None:
        """Scroll back when what it shows has become too small for where it stands, as UIScrollView does.

        What a script sets as `content_offset` is taken as it is, past the end too.
        """
        end, now = self.end_offset, self.content_offset
        if not self.dragging:
            self.content_offset = (min(now.x, max(0.0, end.x)), min(now.y, max(0.0, end.y)))


class TextField(Delegated):
    """One line that the person types."""

    _final = True
    text: Any = Looks("")
    placeholder: Any = Looks("")
    secure: Any = Looks(False)
    font: Any = Looks(("<System>", 17.0))
    text_color: Any = Looks((0.0, 0.0, 0.0, 1.0), is_colour=True)
    alignment: Any = Looks(0)
    bordered: Any = Looks(True)
    enabled: Any = Looks(True)
    clear_button_mode: Any = Looks("never")
    keyboard_type: Any = Looks(0)
    autocapitalization_type: Any = Looks(2)
    autocorrection_type: Any = Looks()
    spellchecking_type: Any = Looks()
    action: Any = None
    editing = False

    def begin_editing(self) -> None:
        """Show the keyboard."""
        self.changes("begin_editing")
        if self.tell("textfield_should_begin_editing", usual=True):
            self.editing = True
            self.tell("textfield_did_begin_editing")

    def end_editing(self) -> None:
        """Put the keyboard away."""
        self.changes("end_editing")
        if self.editing:
            self.editing = False
            self.tell("textfield_did_end_editing")
            if self.action is not None:
                self.action(self)

    def types(self, text: str) -> None:
        """The person types, character by character; a line break is the return key."""
        assert self.enabled, "it is disabled"
        self.begin_editing()
        if not self.editing:
            return
        for character in text:
            if character == "\n":
                self.tell("textfield_should_return", usual=True)
                continue
            end = len(self.text)
            if self.tell("textfield_should_change", (end, end), character, usual=True):
                self.text += character
                self.tell("textfield_did_change")


class TextView(ScrollView):
    """Text of many lines; scrolls."""

    _final = True
    font: Any = Looks(("<System>", 17.0))
    text_color: Any = Looks((0.0, 0.0, 0.0, 1.0), is_colour=True)
    alignment: Any = Looks(0)
    editable: Any = Looks(True)
    selectable: Any = Looks(True)
    auto_content_inset: Any = Looks(True)
    keyboard_type: Any = Looks(0)
    autocapitalization_type: Any = Looks(2)
    autocorrection_type: Any = Looks()
    spellchecking_type: Any = Looks()
    editing = False

    @property
    def text(self) -> str:
        """What stands there."""
        return str(self.__dict__.get("_text", ""))

    @text.setter
    def text(self, text: str) -> None:
        self.changes("text")
        if not isinstance(text, str):
            raise TypeError("text must be a string")
        self.__dict__["_text"] = text
        self.__dict__["_selected"] = (len(text), len(text))

    @property
    def selected_range(self) -> tuple[int, int]:
        """From which to which character is selected."""
        first, last = self.__dict__.get("_selected", (0, 0))
        return int(first), int(last)

    @selected_range.setter
    def selected_range(self, given: tuple[int, int]) -> None:
        self.changes("selected_range")
        if not 0 <= given[0] <= given[1] <= len(self.text):
            raise ValueError("invalid range")
        self.__dict__["_selected"] = tuple(given)

    @property
    def content_size(self) -> Size:
        """How large its text is, with the margins of a UITextView."""
        size = measure(self.text or " ", max(1.0, self.width - 10.0), self.font)
        return Size(self.width, size.height + 16.0)

    @content_size.setter
    def content_size(self, given: Numbers) -> None:
        self.changes("content_size")  # it follows the text all the same

    def replace_range(self, given: tuple[int, int], text: str) -> None:
        """Put other text in place of a part."""
        if not 0 <= given[0] <= given[1] <= len(self.text):
            raise ValueError("invalid range")
        self.text = self.text[: given[0]] + text + self.text[given[1] :]

    def begin_editing(self) -> None:
        """Show the keyboard."""
        self.changes("begin_editing")
        if self.editable and self.tell("textview_should_begin_editing", usual=True):
            self.editing = True
            self.tell("textview_did_begin_editing")

    def end_editing(self) -> None:
        """Put the keyboard away."""
        self.changes("end_editing")
        if self.editing:
            self.editing = False
            self.tell("textview_did_end_editing")

    def size_to_fit(self) -> None:
        """Make it as high as its text."""
        self.height = self.content_size.height

    def types(self, text: str) -> None:
        """The person types, character by character."""
        self.begin_editing()
        if not self.editing:
            return
        for character in text:
            first, last = self.selected_range
            if self.tell("textview_should_change", (first, last), character, usual=True):
                self.replace_range((first, last), character)
                self.__dict__["_selected"] = (first + len(character),) * 2
                self.tell("textview_did_change_selection")
                self.tell("textview_did_change")


class WebView(Delegated):
    """A page. `page(script)` answers scripts: a test's own; nothing is drawn here."""

    _final = True
    scales_page_to_fit: Any = Looks(False)
    page: Any = None

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.loaded: list[str] = []
        """The addresses that were loaded, in order."""

    def load_url(self, url: str) -> None:
        """Go to an address."""
        self.changes("load_url")
        if not isinstance(url, str):
            raise TypeError("url must be a string")
        if self.tell("webview_should_start_load", url, "other", usual=True):
            self.loaded.append(url)
            self.tell("webview_did_start_load")
            app().main.put(lambda: self.tell("webview_did_finish_load"))

    def load_html(self, html: str) -> None:
        """Show a text as a page."""
        self.changes("load_html")
        self.loaded.append("about:blank")
        app().main.put(lambda: self.tell("webview_did_finish_load"))

    def eval_js(self, script: str) -> str:
        """What the page says to a script, as text.

        A WKWebView answers on the main thread, later: who waits for it there hangs (WKWV).
        """
        app().forbid_main("WebView.eval_js")
        return "" if self.page is None else str(self.page(script))

    evaluate_javascript = eval_js

    def reload(self) -> None:
        """Load it once more."""
        self.changes("reload")
        if self.loaded:
            self.loaded.append(self.loaded[-1])

    def stop(self) -> None:
        """Stop loading."""

    def go_back(self) -> None:
        """Go to the page before."""

    def go_forward(self) -> None:
        """Go to the page after."""
