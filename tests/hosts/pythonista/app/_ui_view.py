"""`ui.View` of the stand-in: frames, the tree of views, and what is on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from _app import app
from _ui_geometry import Numbers, Point, Rect, Size, colour, resized

STATUS_BAR = 47.0
TITLE_BAR = 44.0
STYLES = ("default", "full_screen", "fullscreen", "sheet", "popover", "panel", "sidebar")


class Looks:
    """An attribute of a view that is seen: on screen only the main thread changes it."""

    def __init__(self, usual: Any = None, *, is_colour: bool = False) -> None:
        self.usual = usual
        self.is_colour = is_colour
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, view: Any, owner: type) -> Any:
        return self if view is None else view.__dict__.get("." + self.name, self.usual)

    def __set__(self, view: View, value: Any) -> None:
        view.changes(self.name)
        if self.is_colour:
            value = None if value is None else colour(value)
        view.__dict__["." + self.name] = value


class View:
    """A view; the only class of `ui` that scripts may subclass."""

    _final: ClassVar[bool] = False
    background_color: Any = Looks(is_colour=True)
    tint_color: Any = Looks((0.0, 0.48, 1.0, 1.0), is_colour=True)
    border_color: Any = Looks(is_colour=True)
    border_width: Any = Looks(0.0)
    corner_radius: Any = Looks(0.0)
    alpha: Any = Looks(1.0)
    hidden: Any = Looks(False)
    transform: Any = Looks()
    touch_enabled: Any = Looks(True)
    multitouch_enabled: Any = Looks(False)
    left_button_items: Any = Looks(())
    right_button_items: Any = Looks(())
    accessibility_label: Any = Looks("")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        is_script = not cls.__module__.startswith("_ui_")
        if is_script and any(base.__dict__.get("_final") for base in cls.__mro__[1:]):
            raise TypeError(f"type '{cls.__mro__[1].__name__}' is not an acceptable base type")

    def __new__(cls, *arguments: Any, **options: Any) -> View:
        """What is there even where a subclass forgets to call `__init__`."""
        view: View = super().__new__(cls)
        view.__dict__.update(
            _frame=Rect(0.0, 0.0, 100.0, 100.0), _flex="", _subviews=[], _superview=None, _name="",
            _presented=False, _laid=False, _navigation=None,
        )  # fmt: skip
        return view

    def __init__(self, *, frame: Numbers = (0, 0, 100, 100), flex: str = "", **attributes: Any) -> None:
        self.frame = frame
        self.flex = flex
        for name, value in attributes.items():
            if not isinstance(getattr(type(self), name, None), (Looks, property)):
                raise TypeError(f"{name!r} is an invalid keyword argument")
            setattr(self, name, value)

    def changes(self, what: str) -> None:
        """Called before anything that is seen changes."""
        if self.on_screen:
            app().need_main(f"{type(self).__name__}.{what} was changed")

    @property
    def frame(self) -> Rect:
        """Where it is in its superview."""
        frame: Rect = self.__dict__["_frame"]
        return frame

    @frame.setter
    def frame(self, given: Numbers) -> None:
        x, y, width, height = map(float, given)
        if width != width or height != height:
            raise ValueError("a frame is no number")
        self.changes("frame")
        before = self.frame.size
        self.__dict__["_frame"] = Rect(x, y, width, height)
        if (width, height) == before:
            return
        for view in self.subviews:
            if view.flex:
                view.frame = resized(view.frame, view.flex, before, Size(width, height))
        self.set_needs_layout()

    @property
    def flex(self) -> str:
        """What of it follows its superview's size: of `WHLRTB`."""
        return str(self.__dict__["_flex"])

    @flex.setter
    def flex(self, letters: str) -> None:
        if set(letters) - set("WHLRTB"):
            raise ValueError(f"invalid flex {letters!r}")
        self.__dict__["_flex"] = letters

    @property
    def name(self) -> str:
        """Its name; of a presented view the title."""
        return str(self.__dict__["_name"] or "")

    @name.setter
    def name(self, text: str | None) -> None:
        self.changes("name")
        self.__dict__["_name"] = text

    @property
    def bounds(self) -> Rect:
        """Its own coordinates."""
        return Rect(0.0, 0.0, self.frame.width, self.frame.height)

    @bounds.setter
    def bounds(self, given: Numbers) -> None:
        self.frame = (self.x, self.y, given[2], given[3])

    @property
    def center(self) -> Point:
        """The middle of its frame."""
        return self.frame.center()

    @center.setter
    def center(self, given: Numbers) -> None:
        self.frame = (given[0] - self.width / 2, given[1] - self.height / 2, self.width, self.height)

    @property
    def x(self) -> float:
        """The left edge."""
        return self.frame.x

    @x.setter
    def x(self, value: float) -> None:
        self.frame = self.frame._replace(x=value)

    @property
    def y(self) -> float:
        """The upper edge."""
        return self.frame.y

    @y.setter
    def y(self, value: float) -> None:
        self.frame = self.frame._replace(y=value)

    @property
    def width(self) -> float:
        """The width."""
        return self.frame.width

    @width.setter
    def width(self, value: float) -> None:
        self.frame = self.frame._replace(width=value)

    @property
    def height(self) -> float:
        """The height."""
        return self.frame.height

    @height.setter
    def height(self, value: float) -> None:
        self.frame = self.frame._replace(height=value)

    @property
    def subviews(self) -> tuple[View, ...]:
        """What it holds, the front one last."""
        return tuple(self.__dict__["_subviews"])

    @property
    def superview(self) -> View | None:
        """What holds it."""
        view: View | None = self.__dict__["_superview"]
        return view

    @property
    def navigation_view(self) -> Any:
        """The NavigationView that it was pushed on, if it was."""
        view: View | None = self
        while view is not None:
            if view.__dict__["_navigation"] is not None:
                return view.__dict__["_navigation"]
            view = view.superview
        return None

    @property
    def on_screen(self) -> bool:
        """Whether it is shown, in whatever it is in."""
        view: View | None = self
        while view is not None:
            if view.__dict__["_presented"]:
                return True
            view = view.superview
        return False

    def __getitem__(self, name: str) -> View:
        """The subview of that name."""
        for view in self.subviews:
            if view.name == name:
                return view
        raise KeyError(name)

    def add_subview(self, view: View) -> None:
        """Put a view in front of what it holds."""
        self.changes("add_subview")
        view.changes("add_subview")
        if view.superview is not None:
            view.superview.__dict__["_subviews"].remove(view)
        view.__dict__["_superview"] = self
        self.__dict__["_subviews"].append(view)
        for each in walk(view):
            each.set_needs_layout()
        self.set_needs_layout()

    def remove_subview(self, view: View) -> None:
        """Take a view out."""
        self.changes("remove_subview")
        if view.superview is self:
            self.__dict__["_subviews"].remove(view)
            view.__dict__["_superview"] = None

    def bring_to_front(self) -> None:
        """Put it before its neighbours."""
        self._move(len)

    def send_to_back(self) -> None:
        """Put it behind its neighbours."""
        self._move(lambda _: 0)

    def _move(self, place: Any) -> None:
        self.changes("order")
        if self.superview is not None:
            views = self.superview.__dict__["_subviews"]
            views.remove(self)
            views.insert(place(views), self)

    def set_needs_display(self) -> None:
        """Have it drawn anew."""
        self.changes("set_needs_display")

    def set_needs_layout(self) -> None:
        """Have `layout` called on the main thread, once, as soon as it is on screen."""
        hook = getattr(self, "layout", None)
        if hook is None or self.__dict__["_laid"] or not self.on_screen:
            return
        self.__dict__["_laid"] = True

        def run() -> None:
            self.__dict__["_laid"] = False
            if self.on_screen:
                hook()

        app().main.put(run)

    def size_to_fit(self) -> None:
        """Make it as large as what it holds."""
        if self.subviews:
            right = max(view.frame.max_x for view in self.subviews)
            self.frame = (self.x, self.y, right, max(view.frame.max_y for view in self.subviews))

    def become_first_responder(self) -> bool:
        """Have the keys."""
        return False

    def present(
        self,
        style: str = "default",
        animated: bool = True,
        popover_location: Numbers | None = None,
        hide_title_bar: bool = False,
        title_bar_color: Any = None,
        title_color: Any = None,
        orientations: Iterable[str] | None = None,
        hide_close_button: bool = False,
    ) -> None:
        """Show it on the whole screen."""
        if style not in STYLES:
            raise ValueError(f"invalid presentation style {style!r}")
        if self.superview is not None or self.__dict__["_presented"]:
            raise ValueError("View is already presented")
        app().main.call(lambda: self._present(hide_title_bar))

    def _present(self, hide_title_bar: bool) -> None:
        self.__dict__["_bar"] = 0.0 if hide_title_bar else STATUS_BAR + TITLE_BAR
        self.__dict__["_presented"] = True
        app().presented.append(self)
        self.fit()
        for view in walk(self):
            view.set_needs_layout()

    def fit(self) -> None:
        """Take the room of the screen below the title bar."""
        width, height = app().screen
        bar = self.__dict__["_bar"]
        self.frame = (0.0, bar, width, height - bar)

    def close(self) -> None:
        """Take it from the screen; `will_close` is called before."""
        app().main.call(self._close)

    def _close(self) -> None:
        if not self.__dict__["_presented"]:
            return
        hook = getattr(self, "will_close", None)
        try:
            if hook is not None:
                hook()
        finally:
            self.__dict__["_presented"] = False
            app().presented.remove(self)
            with app().closed:
                app().closed.notify_all()

    def wait_modal(self) -> None:
        """Wait until it is closed; returns at once on the main thread or when it is not shown (DOC17)."""
        if app().main.is_here:
            return
        with app().closed:
            app().closed.wait_for(lambda: not self.on_screen)


def walk(view: View) -> Iterable[View]:
    """A view and all that it holds."""
    yield view
    for each in view.subviews:
        yield from walk(each)
