"""The dialogs of the phone: the key, the model, the settings. Each is called off the main thread.

One that is cancelled changes nothing. What cannot be used is told, and asked for again with the rest as it
was typed; nothing of it is kept until all of it can be.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import console
import dialogs

from livetechno import app, environment, failures, settings, words
from livetechno.gpt import addresses, keys
from livetechno.gpt.errors import GPTError, KeyProblem, UsageError
from livetechno.gpt.secret import Secret
from livetechno.hosts.pythonista import device, keychain_keys

LANGUAGES = {"device": None, "en": "English", "fr": "Français"}
"""The choices of language, each in its own; the first has words."""


def welcome() -> None:
    """Let who has no key, and has not chosen yet, choose: Mock AI, or a key."""
    if app.mock_mode() != "auto" or not mock_answers():
        return
    with contextlib.suppress(KeyboardInterrupt):
        chosen = console.alert(
            words.say("page.chat.gate.title"),
            words.say("page.chat.gate.intro"),
            words.say("page.chat.gate.mock"),
            words.say("phone.key.type"),
        )
        if chosen == 1:
            _change(mock=True)
        else:
            ask_key()


def manage_key() -> None:
    """Tell which key is in use, to replace, test or forget it; where none can be used, ask for one."""
    address = app.address()
    try:
        found = keys.find(address)
    except KeyProblem as problem:
        device.tell(problem)
        found = None
    if found is None:
        ask_key()
        return
    ends = words.say("page.key.ends", last4=found.secret.last4 or "…")
    with contextlib.suppress(KeyboardInterrupt):
        chosen = console.alert(
            words.say("page.key.title"),
            f"{ends}, {words.say('page.key.where', where=found.where)}.",
            words.say("page.key.replace"),
            words.say("page.key.test"),
            words.say("page.key.forget"),
        )
        (ask_key, _test_key, _forget_key)[chosen - 1]()


def ask_key() -> bool:
    """Ask for a key of the address in use until its server knows it, and keep it. Whether one was kept.

    From then on GPT answers, also where Mock AI was chosen before.
    """
    address = app.address()
    while (typed := _typed_key(address)) is not None:
        try:
            # taken out of the dictionary, which a traceback would show
            if _kept(Secret(typed.pop("key")), address):
                return True
        except GPTError as error:
            device.tell(error)
    return False


def _typed_key(address: str) -> dict[str, Any] | None:
    readable = words.say(
        "phone.key.readable",
        service=keychain_keys.SERVICE,
        account=keychain_keys.account(address),
        host=_host(address),
    )
    field = {"type": "password", "key": "key", "title": words.say("page.key.label"), "placeholder": "sk-…"}
    return dialogs.form_dialog(
        title=words.say("page.key.title"),
        sections=[(words.say("page.chat.gate.key"), [field], readable)],
        done_button_title=words.say("page.key.keep"),
    )


def _kept(secret: Secret, address: str) -> bool:
    with device.activity():
        from livetechno.gpt import background, key_check

        refused = background.run(key_check.refused(secret, address))
    if refused:
        device.say(words.say("server.key_refused", host=_host(address)))
        return False
    stored = keys.store(secret, address)
    _change(mock=False)
    told = words.say("key.set.done", key=secret, address=address, where=stored.where)
    first = keys.find(address)
    if first is not None and first.secret != secret:
        told = f"{told} {words.say('key.set.not_first', where=first.where)}"
    device.say(told)
    return True


def _test_key() -> None:
    address = app.address()
    found = keys.find(address)
    with device.activity():
        from livetechno.gpt import background
        from livetechno.gpt.client import Client

        client = Client(base_url=address, key=found.secret if found else None)
        count = len(background.run(client.list_models()))
    device.say(words.say(f"page.key.works.{'one' if count == 1 else 'other'}", count=count))


def _forget_key() -> None:
    console.alert(
        words.say("page.key.title"), words.say("page.key.forget_sure"), words.say("page.key.forget")
    )
    address = app.address()
    keys.forget(address)
    app.tell_of_settings()
    left = keys.find(address)
    device.say(words.say("page.key.still", where=left.where) if left else words.say("page.key.forgotten"))


def choose_model() -> bool:
    """Let the person choose among the models that are alive, and Mock AI. Whether one was chosen."""
    from livetechno.gpt.catalogue import load_catalogue

    catalogue, today = load_catalogue(), environment.today()
    usual = words.say("phone.model.usual", model=_usual_model())
    mock = words.say("phone.model.mock")
    names = [row.name for row in catalogue.models.values() if not row.ended(today)]
    chosen = dialogs.list_dialog(words.say("page.server.model"), [usual, mock, *names])
    if chosen is None:
        return False
    if chosen == mock:
        _change(mock=True)
        return True
    _change(model=None if chosen == usual else chosen, mock=False)
    if mock_answers():
        device.say(words.say("phone.model.no_key"))
    return True


def status() -> str:
    """Who answers now, or why nobody can, in words."""
    try:
        if mock_answers():
            return words.say("page.key.mock_badge")
        address = app.address()
        found = keys.find(address)
        model = app.model("chat")
        if model == "chat":
            model = _usual_model()
    except (GPTError, settings.SettingsError) as error:
        return failures.sentence(error)
    who = "GPT" if addresses.is_openai(address) else _host(address)
    if found is None:
        return words.say("phone.status", who=who, model=model)
    return words.say("phone.status.key", who=who, model=model, key=found.secret)


def _usual_model() -> str:
    from livetechno.gpt.catalogue import load_catalogue

    return load_catalogue().resolve("chat", environment.today()).name


def mock_answers() -> bool:
    """Whether Mock AI is who answers now. It is not started for that. Raises GPTError kinds."""
    mode, address = app.mock_mode(), app.address()
    return mode == "always" or (
        mode == "auto" and addresses.is_openai(address) and keys.find(address) is None
    )


def change_settings() -> bool:
    """Ask for who answers, where, in which language and for how much. Whether anything was changed."""
    from livetechno.store.errors import StoreError

    given = _in_force()
    while (typed := _typed_settings(given)) is not None:
        given |= typed
        try:
            _keep(given)
        except (GPTError, StoreError, settings.SettingsError) as error:
            device.tell(error)
        else:
            return True
    return False


def _in_force() -> dict[str, Any]:
    """What the fields hold at first."""
    chosen = settings.load()
    cap = app.store().budgets.caps()["day"]
    return {
        "mock": chosen.mock,
        "model": chosen.model or "",
        "base_url": chosen.base_url or "",
        "language": chosen.language or "device",
        "day": "" if cap is None else f"{cap:f}",
    }


def _typed_settings(given: dict[str, Any]) -> dict[str, Any] | None:
    from livetechno.gpt.prices import format_usd
    from livetechno.hosts.pythonista import memory

    def field(kind: str, key: str, word: str, **more: Any) -> dict[str, Any]:
        return {"type": kind, "key": key, "title": words.say(word), "value": given[key], **more}

    usual = words.say("page.server.model_usual")
    no_words: dict[str, Any] = {"autocorrection": False, "autocapitalization": 0}
    answering = [
        field("switch", "mock", "page.key.choose_mock"),
        field("text", "model", "page.server.model", placeholder=usual, **no_words),
        field("url", "base_url", "page.server.address", placeholder=addresses.OPENAI),
    ]
    languages = [
        {
            "type": "check",
            "group": "language",
            "key": code,
            "title": name or words.say("phone.settings.device"),
            "value": given["language"] == code,
        }
        for code, name in LANGUAGES.items()
    ]
    spent = format_usd(app.store().budgets.standing()[0].spent)
    used = words.say("phone.settings.spent", spent=spent)
    return dialogs.form_dialog(
        title=words.say("page.tab.settings"),
        sections=[
            (words.say("page.server.title"), answering, words.say("page.server.address_hint")),
            (words.say("page.settings.language"), languages),
            (
                words.say("page.budgets.title"),
                [field("number", "day", "phone.settings.day", placeholder=words.say("page.budgets.none"))],
                f"{used} {memory.told()}",
            ),
        ],
        done_button_title=words.say("page.action.save"),
    )


def _keep(typed: dict[str, Any]) -> None:
    """Keep what was typed: all of it, or nothing. Raises GPTError, SettingsError and StoreError kinds."""
    from livetechno.store import budgets

    address, model = typed["base_url"].strip(), typed["model"].strip()
    cap = _read_cap(typed["day"])
    if cap is not None:
        budgets.check("day", cap)
    _change(
        mock=typed["mock"],
        model=model or None,
        base_url=addresses.check(address) if address else None,
        language=None if typed["language"] == "device" else typed["language"],
    )
    kept = app.store().budgets
    if cap == kept.caps()["day"]:
        return
    if cap is None:
        kept.clear("day")
    else:
        kept.set("day", cap)


def _read_cap(text: str) -> Decimal | None:
    from livetechno.gpt.prices import read_usd

    if not text.strip():
        return None
    cap = read_usd(text)
    if cap is None:
        raise UsageError(words.say("budget.no_amount", value=text), code="amount")
    return cap


def _change(**changes: Any) -> None:
    settings.save(replace(settings.load(), **changes))
    device.language.cache_clear()
    app.tell_of_settings()


def _host(address: str) -> str:
    return urlsplit(address).netloc
