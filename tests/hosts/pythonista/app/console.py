"""Stand-in for Pythonista's `console`: alerts that wait for the person, and colours of what is printed."""

from __future__ import annotations

import sys
import time
from typing import Any

from _app import CANCEL, app

HUD_SECONDS = 0.01
"""A HUD blocks until it is gone; the real one for 0.25 to 5 s."""


def _answer(kind: str, **details: Any) -> Any:
    answer = app().person(kind, **details)
    if answer is CANCEL:
        raise KeyboardInterrupt  # DOC17: cancel raises it, which no `except Exception` catches
    return answer


def alert(
    title: str,
    message: str = "",
    button1: str = "",
    button2: str = "",
    button3: str = "",
    *,
    hide_cancel_button: bool = False,
) -> int:
    """The number of the button, from 1. Raises KeyboardInterrupt on cancel."""
    buttons = [button for button in (button1, button2, button3) if button]
    answer = _answer("alert", title=title, message=message, buttons=buttons, cancel=not hide_cancel_button)
    if isinstance(answer, str):
        answer = buttons.index(answer) + 1
    return int(answer)


def input_alert(
    title: str,
    message: str = "",
    input: str = "",  # noqa: A002 - its name in the app
    ok_button_title: str = "OK",
    hide_cancel_button: bool = False,
) -> str:
    """What the person types. Raises KeyboardInterrupt on cancel."""
    return str(_answer("input_alert", title=title, message=message, input=input, ok=ok_button_title))


def password_alert(
    title: str,
    message: str = "",
    password: str = "",
    ok_button_title: str = "OK",
    hide_cancel_button: bool = False,
) -> str:
    """What the person types, unseen. Raises KeyboardInterrupt on cancel."""
    return str(_answer("password_alert", title=title, message=message, password=password, ok=ok_button_title))


def login_alert(
    title: str, message: str = "", login: str = "", password: str = "", ok_button_title: str = "OK"
) -> tuple[str, str]:
    """A name and a password. Raises KeyboardInterrupt on cancel."""
    name, secret = _answer("login_alert", title=title, message=message, login=login, password=password)
    return str(name), str(secret)


def secure_input(prompt: str | None = None) -> str:
    """A line of the console that is not shown."""
    if prompt:
        print(prompt, end="")
    return sys.stdin.readline().rstrip("\n")


def hud_alert(message: str, icon: str = "success", duration: float = 1.8) -> None:
    """Show a word for a moment; blocks until it is gone."""
    app().forbid_main("hud_alert")
    if icon not in ("success", "error"):
        raise ValueError(icon)
    app().huds.append(message)
    time.sleep(HUD_SECONDS)


def set_color(*colour: float) -> None:
    """The colour of what is printed next: three floats from 0 to 1; without any, the usual one."""
    if colour and (len(colour) != 3 or not all(0 <= part <= 1 for part in colour)):
        raise ValueError("r, g, b between 0 and 1")
    app().colour = (colour[0], colour[1], colour[2]) if colour else None


def set_font(name: str | None = None, size: float | None = None) -> None:
    """The font of what is printed next; without name and size, the usual one."""
    app().font = None if name is None and size is None else (name, size)


def clear() -> None:
    """Empty the console."""
    app().printed.clear()


def write_link(title: str, url: str) -> None:
    """Print a link."""
    print(title, end="")


def show_image(path: str) -> None:
    """Print a picture."""
    print(f"[{path}]")


def hide_output() -> None:
    """Close the console's panel."""


def show_activity() -> None:
    """Turn the sign of network activity on."""
    app().activity = True


def hide_activity() -> None:
    """Turn the sign of network activity off."""
    app().activity = False


def quicklook(path: str | list[str]) -> None:
    """Show files; blocks until the person closes them."""
    _answer("quicklook", path=path)


def open_in(path: str) -> str | None:
    """Let the person open the file in another app: its bundle id, or None. Blocks."""
    answer = app().person("open_in", path=path)
    app().shared.append(path)
    return None if answer is CANCEL else str(answer)


def set_idle_timer_disabled(flag: bool) -> None:
    """Keep the screen on. Off the main thread it crashed 3.3 (OMZ#639)."""
    app().need_main("set_idle_timer_disabled")
    app().idle_timer_disabled = bool(flag)


def is_in_background() -> bool:
    """Whether another app is in front."""
    return app().in_background
