"""Stand-in for Pythonista's `keychain`: one for the whole app, strings only."""

from __future__ import annotations

from _app import app


def get_password(service: str, account: str) -> str | None:
    """The password, or None where there is none."""
    _need_strings(service, account)
    return app().keychain.get((service, account))


def set_password(service: str, account: str, password: str) -> None:
    """Keep a password, in place of an older one."""
    _need_strings(service, account, password)
    app().keychain[service, account] = password


def delete_password(service: str, account: str) -> None:
    """Forget a password."""
    _need_strings(service, account)
    app().keychain.pop((service, account), None)


def get_services() -> list[tuple[str, str]]:
    """What there is a password for."""
    return list(app().keychain)


def reset_keychain() -> None:
    """Forget what every script of the app has stored; nobody may call it."""
    app().violate("reset_keychain wipes what other scripts have stored")


def _need_strings(*values: object) -> None:
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"str expected, not {type(value).__name__}")
