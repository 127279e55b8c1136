"""Buttons, labels, pictures, switches and the stack of views of the stand-in's `ui`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from _app import app
from _ui_geometry import Size, measure
from _ui_view import Looks, View, walk

Action = Callable[[Any], object]


class Image:
    """A picture."""

    def __init__(self, name: str = "", size: Size = Size(24.0, 24.0)) -> None:  # noqa: B008 - it is frozen
        self.name = name
        self.size = size

    @classmethod
    def named(cls, name: str) -> Image:
        """One of the app's own, or a file."""
        return cls(name)


class ButtonItem:
    """A button of the title bar."""

    def __init__(
        self,
        title: str = "",
        image: Image | None = None,
        action: Action | None = None,
        enabled: bool = True,
        tint_color: Any = None,
    ) -> None:
        self.title = title
        self.image = image
        self.action = action
        self.enabled = enabled
        self.tint_color = tint_color

    def __setattr__(self, name: str, value: Any) -> None:
        """Change what is seen; in a bar that is on screen the main thread only may."""
        bars = (view for root in app().presented for view in walk(root))
        if name != "action" and any(self in items_of(view) for view in bars):
            app().need_main(f"ButtonItem.{name} was changed")
        super().__setattr__(name, value)


class Button(View):
    """A button; `action(sender)` is called on the main thread."""

    _final = True
    title: Any = Looks("")
    image: Any = Looks()
    background_image: Any = Looks()
    font: Any = Looks(("<System>", 15.0))
    enabled: Any = Looks(True)
    action: Action | None = None

    def __init__(self, *, action: Action | None = None, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.action = action


class Label(View):
    """A text that is not edited."""

    _final = True
    text: Any = Looks("")
    font: Any = Looks(("<System>", 17.0))
    text_color: Any = Looks((0.0, 0.0, 0.0, 1.0), is_colour=True)
    alignment: Any = Looks(0)
    line_break_mode: Any = Looks(0)
    number_of_lines: Any = Looks(1)
    scales_font: Any = Looks(False)
    min_font_scale: Any = Looks(0.0)

    def size_to_fit(self) -> None:
        """Make it as large as its text."""
        most = self.width if self.number_of_lines != 1 else 0
        size = measure(self.text or "", most, self.font, self.number_of_lines)
        self.frame = (self.x, self.y, size.width, size.height)


class ImageView(View):
    """Shows a picture."""

    _final = True
    image: Any = Looks()
    content_mode: Any = Looks(0)

    def load_from_url(self, url: str) -> None:
        """Fetch and show it."""
        app().opened.append(url)


class Switch(View):
    """On or off."""

    _final = True
    value: Any = Looks(False)
    enabled: Any = Looks(True)
    action: Action | None = None


class Slider(View):
    """A value from 0 to 1."""

    _final = True
    value: Any = Looks(0.0)
    continuous: Any = Looks(False)
    enabled: Any = Looks(True)
    action: Action | None = None


class SegmentedControl(View):
    """One of several."""

    _final = True
    segments: Any = Looks(())
    selected_index: Any = Looks(-1)
    enabled: Any = Looks(True)
    action: Action | None = None


class ActivityIndicator(View):
    """A wheel that turns."""

    _final = True
    style: Any = Looks(0)
    hides_when_stopped: Any = Looks(True)
    turning: Any = Looks(False)

    def start(self) -> None:
        """Turn."""
        self.turning = True

    def stop(self) -> None:
        """Stand."""
        self.turning = False


class NavigationView(View):
    """A stack of views; the top one is shown, below a bar with its name and a way back."""

    _final = True
    BAR = 44.0
    navigation_bar_hidden: Any = Looks(False)
    bar_tint_color: Any = Looks(is_colour=True)
    title_color: Any = Looks(is_colour=True)

    def __init__(self, view: View | None = None, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.__dict__["stack"] = []
        if view is not None:
            self.push_view(view, animated=False)

    @property
    def stack(self) -> list[View]:
        """The views, the top one last."""
        stack: list[View] = self.__dict__["stack"]
        return stack

    def push_view(self, view: View, animated: bool = True) -> None:
        """Show a view on top."""
        self.changes("push_view")
        for each in self.subviews:
            self.remove_subview(each)
        view.__dict__["_navigation"] = self
        self.stack.append(view)
        self._show(view)

    def pop_view(self, animated: bool = True) -> None:
        """Go back to the view before."""
        self.changes("pop_view")
        if len(self.stack) < 2:
            return
        gone = self.stack.pop()
        self.remove_subview(gone)
        gone.__dict__["_navigation"] = None
        hook = getattr(gone, "will_close", None)
        if hook is not None:
            hook()
        self._show(self.stack[-1])

    def layout(self) -> None:
        """Give the top view the room below the bar."""
        if self.stack:
            self._fit(self.stack[-1])

    def _show(self, view: View) -> None:
        self._fit(view)
        self.add_subview(view)

    def _fit(self, view: View) -> None:
        bar = 0.0 if self.navigation_bar_hidden else self.BAR
        view.frame = (0.0, bar, self.width, self.height - bar)


def items_of(view: View) -> Sequence[ButtonItem]:
    """The buttons of a view's title bar."""
    return (*view.left_button_items, *view.right_button_items)
