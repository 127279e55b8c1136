"""A window that is as large as an iPhone 14 Pro Max and holds nothing but a WebView, for WebKitWebDriver.

Run by the Python of the system, which has GTK. MiniBrowser would be wider: its toolbar does not get narrower.
"""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402

WIDTH, HEIGHT = 430, 932


def main() -> None:
    """Show the window until WebKitWebDriver closes it."""
    context = WebKit2.WebContext.get_default()
    context.set_automation_allowed(True)
    view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True)
    window = Gtk.Window(title="phone")
    window.set_decorated(False)
    view.set_size_request(WIDTH, HEIGHT)
    window.add(view)
    window.set_default_size(WIDTH, HEIGHT)
    context.connect("automation-started", lambda _, session: introduce(session, view))
    view.connect("close", lambda _: Gtk.main_quit())
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    view.load_uri("about:blank")
    Gtk.main()


def introduce(session: WebKit2.AutomationSession, view: WebKit2.WebView) -> None:
    """Tell WebKitWebDriver the name that it asks for, and the view that it drives."""
    info = WebKit2.ApplicationInfo()
    info.set_name("MiniBrowser")
    info.set_version(*(getattr(WebKit2, f"get_{part}_version")() for part in ("major", "minor", "micro")))
    session.set_application_info(info)
    session.connect("create-web-view", lambda _: view)


if __name__ == "__main__":
    main()
