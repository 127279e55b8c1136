"""The probe for a real iPhone: it says what it saw and no more, keeps it, and leaves nothing behind."""

from __future__ import annotations

import http.client
import importlib.util
import json
import queue
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import keychain
import pytest
import sound
import ui
from _app import CANCEL

from tests.hosts.pythonista.phone import Phone

SCRIPT = Path(__file__).resolve().parents[3] / "pythonista" / "probe.py"
PACKAGES = "/private/var/mobile/Containers/Shared/AppGroup/{}/Pythonista3/Documents/site-packages"
APPS = "/private/var/containers/Bundle/Application/{}/Pythonista3.app/Frameworks/Py.framework/site-packages"
ID = "0A1B2C3D-0A1B-0A1B-0A1B-0A1B2C3D4E5F"
HERE, APP = PACKAGES.format(ID), APPS.format(ID)
START, SKIP = 1, 2
YES, NO = 1, 2
COPY, ANEW = 2, 3


def loaded() -> ModuleType:
    """The script as a module, without bytecode beside it."""
    spec = importlib.util.spec_from_file_location("livetechno_probe", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["livetechno_probe"] = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


probe: Any = loaded()
STEPS = {step.name: step for step in probe.STEPS}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probe, "KEPT", tmp_path / "livetechno-probe.json")
    monkeypatch.setattr(probe, "POLL", 0.002)
    monkeypatch.setattr(probe, "ANSWERS_WITHIN", 0.5)
    monkeypatch.setattr(probe, "RINGS_WITHIN", 2)


def steps(monkeypatch: pytest.MonkeyPatch, *these: Any) -> None:
    monkeypatch.setattr(probe, "STEPS", these)


def state(name: str) -> Any:
    return probe.load()["steps"].get(name, {}).get("state")


def verdicts(name: str) -> Any:
    return {key: value for key, value in probe.load()["steps"][name]["verdicts"].items() if value}


# --- From what was seen to a verdict ---

AWAY = {"asked_s": 60, "away_s": 62.0, "frozen_s": 0.0}


@pytest.mark.parametrize(
    ("step", "question", "facts", "verdict"),
    [
        ("versions", "python", {"python": "3.10", "app": "3.4"}, "is"),
        ("versions", "path", {"path": [HERE, APP]}, "first"),
        ("versions", "path", {"path": [APP, HERE]}, "last"),
        ("versions", "path", {"path": [HERE]}, ""),
        ("versions", "certificates", {"certifi": "x"}, "is"),
        ("versions", "style", {"style": "dark"}, "is"),
        ("versions", "vendored", {"livetechno": None}, "absent"),
        ("versions", "vendored", {"livetechno": "1.0"}, "broken"),
        ("versions", "vendored", {"livetechno": "1.0", "vendored_is_ours": True}, "ours"),
        ("versions", "vendored", {"livetechno": "1.0", "vendored_is_ours": False}, "theirs"),
        ("webview", "kind", {"classes": ["SUIWebView", "WKWebView"]}, "wk"),
        ("webview", "kind", {"classes": ["UIView"], "handlers": True}, "wk"),
        ("webview", "kind", {"classes": ["UIWebView"], "handlers": False}, "old"),
        ("webview", "kind", {"classes": ["UIView"], "handlers": False}, ""),
        ("webview", "secure", {"secure": True}, "yes"),
        ("webview", "secure", {"secure": False}, "no"),
        ("webview", "worklet", {"worklet": "works"}, "works"),
        ("webview", "worklet", {"worklet": "absent"}, "absent"),
        ("webview", "worklet", {"worklet": "Error: nothing within 8 s"}, "fails"),
        ("webview", "events", {"events_ms": [0, 200, 400, 600, 800]}, "streams"),
        ("webview", "events", {"events_ms": [800, 800, 801, 801, 801]}, "at_once"),
        ("webview", "events", {"events_ms": [0, 200]}, "fails"),
        ("webview", "stream", {"stream_ms": "TypeError: Load failed"}, "fails"),
        ("webview", "alert", {"alert_seen": True, "storage": "written"}, "seen"),
        ("webview", "alert", {"alert_seen": False, "storage": "written"}, "unseen"),
        ("webview", "alert", {"alert_seen": False}, ""),  # the page never came so far
        ("webview", "storage", {"storage": "kept"}, "kept"),
        ("webview", "storage", {"storage": "lost"}, "lost"),
        ("webview", "storage", {"storage": "SecurityError"}, "fails"),
        ("webview", "storage", {"storage": "written"}, ""),  # it was not loaded a second time
        ("keychain", "worker", {"worker": "works", "largest": 100}, "works"),
        ("keychain", "worker", {"worker": "hangs"}, "hangs"),
        ("keychain", "worker", {"worker": "OSError"}, "error"),
        ("keychain", "large", {"largest": 100_000}, "all"),
        ("keychain", "large", {"largest": 4_000}, "some"),
        ("keychain", "removed", {"removed": False}, "no"),
        ("threads", "queue", {"waited_ms": 2000}, "waits"),
        ("threads", "queue", {"waited_ms": 2000, "queue_ms": 3.1}, "runs"),
        ("threads", "queue", {"queue_ms": 3.1}, ""),
        ("threads", "eval", {"eval": "works", "two": "2"}, "works"),
        ("threads", "eval", {"eval": "works", "two": ""}, "fails"),
        ("threads", "eval", {"eval": "hangs"}, "hangs"),
        ("midi", "end", {"duration_s": 2.0, "times": [0.0, 1.0, 2.0, 2.0]}, "stays"),
        ("midi", "end", {"duration_s": 2.0, "times": [0.0, 1.0, 2.0, 0.0]}, "resets"),
        ("midi", "end", {"duration_s": 2.0, "times": [0.0, 1.0, 2.0, 4.0]}, "runs"),
        ("midi", "end", {"duration_s": 2.0, "times": [0.0, 0.0]}, "short"),
        ("midi", "end", {"duration_s": 0.0, "times": [0.0]}, ""),
        ("midi", "again", {"again": [0.0, 0.4], "rewound": [0.0, 0.4]}, "plays"),
        ("midi", "again", {"again": [2.0, 2.0], "rewound": [0.0, 0.4]}, "rewound"),
        ("midi", "again", {"again": [2.0, 2.0], "rewound": [0.0, 0.0]}, "never"),
        ("midi", "again", {"again": [0.0, 0.4]}, ""),
        ("midi", "mute", {"heard": True}, "heard"),
        ("midi", "mute", {"heard": False}, "unheard"),
        ("midi", "call", {"call": "....!!!!!!....."}, "resumes"),
        ("midi", "call", {"call": "...." + 75 * "-"}, "stops"),
        ("midi", "call", {"call": "....--...."}, ""),
        ("midi", "call", {"call": 75 * "-"}, ""),  # it never played
        ("away 60 s", "frozen", {**AWAY, "frozen_s": 40.0}, "frozen"),
        ("away 60 s", "frozen", AWAY, "awake"),
        ("away 60 s", "frozen", {**AWAY, "away_s": 4.0}, ""),  # that were not 60 s
        ("away 60 s", "accept", {"accept new client": "works", "accept listener": "waits"}, "works"),
        ("away 60 s", "accept", {"accept new client": "hangs", "accept listener": "waits"}, "hangs"),
        ("away 60 s", "select", {"select new client": "ECONNREFUSED", "select listener": "EBADF"}, "error"),
        ("away 60 s", "connection", {"accept open connection": "works"}, "works"),
        ("away 60 s", "connection", {"accept open connection": "hangs"}, "hangs"),
        ("away 60 s", "connection", {"accept open connection": "EPIPE"}, "error"),
        ("away 60 s", "port", {"accept same port": "works", "select same port": "works"}, "works"),
        ("away 60 s", "port", {"accept same port": "works", "select same port": "EADDRINUSE"}, "error"),
        ("away 60 s", "port", {"accept same port": "works"}, ""),
        ("lock", "locked", {"keychain_locked": ["read", "read"]}, "read"),
        ("lock", "locked", {"keychain_locked": ["none"]}, "none"),
        ("lock", "locked", {"keychain_locked": ["read", "OSError"]}, "error"),
        ("lock", "locked", {"keychain_unlocked": ["read"]}, ""),  # the phone did not say that it is locked
    ],
)
def test_a_verdict_follows_from_what_was_seen(
    phone: Phone, step: str, question: str, facts: dict[str, Any], verdict: str
) -> None:
    assert STEPS[step].questions[question]({**STEPS[step].given, **facts}) == verdict
    if verdict:
        found = {"state": "done", "verdicts": {question: verdict}, "facts": facts}
        for phone.app.languages in (["en-US"], ["fr-FR"]):
            lines = probe.answers_of(STEPS[step], found)
            assert sum(probe.say("no.open") in line for line in lines) == len(STEPS[step].questions) - 1


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_where_nothing_was_seen_nothing_is_said(phone: Phone, step: Any) -> None:
    assert {judge(dict(step.given)) for judge in step.questions.values()} == {""}


# --- The steps on the stand-in ---


def test_the_keychain_is_left_as_it_was(phone: Phone) -> None:
    phone.app.keychain.update({("mine", "size"): "a", (probe.SERVICE, "other"): "b"})
    before = dict(phone.app.keychain)
    facts: dict[str, Any] = {}
    phone.run(lambda: probe.keys(facts)).wait()
    assert (facts["worker"], facts["largest"], facts["missing"]) == ("works", 100_000, "None")
    assert facts["removed"] is True
    assert phone.app.keychain == before


def test_the_size_that_the_keychain_refuses_is_named_and_taken_away(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = keychain.set_password

    def refuse(service: str, account: str, password: str) -> None:
        assert service == probe.SERVICE
        if len(password) > 4_000:
            raise OSError("too long")
        keep(service, account, password)

    monkeypatch.setattr(keychain, "set_password", refuse)
    facts: dict[str, Any] = {}
    phone.run(lambda: probe.keys(facts)).wait()
    assert (facts["largest"], facts["size"], facts["worker"]) == (4_000, 5_000, "OSError")
    assert not phone.app.keychain


def test_a_connection_that_stays_open_still_works(phone: Phone) -> None:
    for waiting in ("accept", "select"):
        seen = probe.Loopback(waiting).look()
        assert (seen[f"{waiting} listener"], seen[f"{waiting} client side"]) == ("waits", "waits")
        assert {
            seen[f"{waiting} {what}"] for what in ("new client", "open connection", "same port")
        } == {"works"}  # fmt: skip


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("waiting", ["accept", "select"])
def test_dead_sockets_are_seen(phone: Phone, waiting: str, reset: bool) -> None:
    pair = probe.Loopback(waiting)
    pair.client.sendall(b"?")
    assert pair.came.get(timeout=2) == b"?"
    phone.cut(reset=reset)
    phone.until(lambda: "waits" not in pair.fate.values(), "each thread has seen it")
    seen = pair.look()
    assert seen[f"{waiting} listener"] == "ECONNABORTED"
    assert seen[f"{waiting} new client"] == "ECONNREFUSED"
    assert seen[f"{waiting} open connection"] not in ("works", "hangs")
    assert seen[f"{waiting} same port"] == "works"
    assert probe.judge_listener(waiting)(seen) == "error"


def test_a_server_that_says_nothing_hangs(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "ANSWERS_WITHIN", 0.02)
    with probe.socket.create_server(("127.0.0.1", 0)) as silent:
        assert probe.answers(silent.getsockname()[1]) == "hangs"


def test_who_never_leaves_is_told_of_no_absence(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "LEAVE_WITHIN", 0.02)
    step = STEPS["away 60 s"]
    steps(monkeypatch, step)
    phone.answers(START, CANCEL)
    phone.run(probe.main).wait()
    assert state(step.name) == "open"
    assert verdicts(step.name) == {}


def test_an_absence_that_was_too_short_answers_nothing(phone: Phone) -> None:
    facts: dict[str, Any] = dict(STEPS["away 60 s"].given)
    run = phone.run(lambda: probe.away(facts))
    phone.until(lambda: "looks_away" in facts)
    phone.leave()
    phone.until(lambda: facts["looks_away"] > 0)
    phone.come_back(5)
    run.wait()
    assert facts["away_s"] < 30
    assert {judge(facts) for judge in STEPS["away 60 s"].questions.values()} == {""}


def test_a_locked_phone_is_asked_while_it_is_locked(phone: Phone) -> None:
    facts = {"asked_s": 0, "lock": True}
    run = phone.run(lambda: probe.away(facts))
    phone.until(lambda: "looks_away" in facts)
    phone.app.locked = phone.app.in_background = True
    phone.until(lambda: bool(facts.get("keychain_locked")))
    phone.app.locked = phone.app.in_background = False
    run.wait()
    assert probe.judge_locked(facts) == "read"
    assert not phone.app.keychain


def visit(phone: Phone) -> None:
    """The page, as the probe's script in it would do."""
    view = phone.find(ui.WebView)
    address = urlsplit(view.loaded[0])
    folder = address.path.rpartition("/")[0]

    def call(path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(address.netloc, timeout=5)
        try:
            connection.request(*(("GET", path) if body is None else ("POST", path, json.dumps(body))))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    assert call("/wrong/page")[0] == call("/page")[0] == call("/wrong/facts", {"done": True})[0] == 404
    assert call(address.path) == (200, probe.PAGE.encode())
    assert call(f"{folder}/events")[1].count(b"data: ") == 5
    call(f"{folder}/facts", {"secure": True, "handlers": True, "storage": "kept", "worklet": "works"})
    call(f"{folder}/facts", {"events_ms": [0, 200, 400, 600, 800], "stream_ms": [9, 9, 9, 9, 9]})
    call(f"{folder}/facts", {"alert_ms": 12, "done": True})


def test_all_steps_one_after_the_other(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "POLL", 0.01)  # ten of them are the time that a thread has to begin
    monkeypatch.setattr(ui.WebView, "page", staticmethod({"1 + 1": "2"}.__getitem__))
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    wait = probe.wait_for_return

    def wait_for_return(facts: dict[str, Any], look: Any) -> Any:
        waiting.put(facts)
        return wait(facts, look)

    monkeypatch.setattr(probe, "wait_for_return", wait_for_return)
    run = phone.run(probe.main)
    phone.answers(START, START)
    visit(phone)
    phone.answers(YES)
    phone.answers(START, START, START, START, NO, START)  # keychain, threads, midi; its sound, a call
    for seconds in (31, 61, 62, 601):
        phone.answers(START)
        facts = waiting.get(timeout=5)
        phone.until(lambda facts=facts: "looks_away" in facts)  # type: ignore[misc]
        phone.suspend(seconds)
    phone.answers(COPY, CANCEL)
    run.wait()
    assert verdicts("versions").items() >= {"python": "is", "style": "is"}.items()
    assert verdicts("webview") == {
        "kind": "wk", "secure": "yes", "worklet": "works", "events": "streams", "stream": "at_once",
        "alert": "seen", "storage": "kept",
    }  # fmt: skip
    assert verdicts("keychain") == {"worker": "works", "large": "all", "removed": "yes"}
    assert verdicts("threads") == {"queue": "waits", "thread": "runs", "eval": "works"}
    assert verdicts("midi") == {"end": "short", "again": "never", "mute": "unheard"}  # no music passes here
    for name in ("away 5 s", "away 60 s", "lock", "away 10 min"):
        assert {**verdicts(name), "locked": ""} == {
            "frozen": "frozen", "accept": "error", "select": "error", "connection": "error", "port": "works",
            "locked": "",
        }  # fmt: skip
    assert phone.app.clipboard == probe.report(probe.load())
    assert not phone.app.keychain
    assert not phone.app.presented


def test_a_call_is_heard_in_the_music(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    class Player:
        def __init__(self, _: str) -> None:
            self.times = iter([*range(1, 9), *[8] * 9, *range(9, 99)])

        @property
        def current_time(self) -> float:
            return float(next(self.times))

        def play(self) -> None: ...

        def stop(self) -> None: ...

    monkeypatch.setattr(sound, "MIDIPlayer", Player)
    monkeypatch.setattr(probe, "RINGS_WITHIN", 60)
    facts: dict[str, Any] = {}
    phone.run(lambda: probe._ring(facts, Path("long.mid"))).wait()
    assert facts["call"] == 8 * "." + 9 * "-" + 25 * "."
    assert probe.judge_call(facts) == "resumes"


def test_music_that_never_begins_is_no_call(phone: Phone, tmp_path: Path) -> None:
    file = tmp_path / "long.mid"
    file.write_bytes(probe.midi_file(2))
    facts: dict[str, Any] = {}
    phone.run(lambda: probe._ring(facts, file)).wait()
    assert facts["call"] == 10 * "-"
    assert probe.judge_call(facts) == ""


# --- Ending, and going on ---


def noting(name: str, ran: list[str], then: Any = None) -> Any:
    """A step that finds one thing, and then perhaps raises."""

    def run(facts: dict[str, Any]) -> None:
        ran.append(name)
        facts["found"] = name
        if then is not None:
            raise then

    return probe.Step(name, "versions", run, {"python": lambda facts: "is" if "found" in facts else ""})


@pytest.mark.parametrize("place", range(len(STEPS)))
def test_after_cancel_the_next_run_goes_on_where_it_was(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    ran: list[str] = []
    steps(monkeypatch, *(noting(name, ran) for name in STEPS))
    phone.answers(*[START] * place, CANCEL)
    phone.run(probe.main).wait()
    assert ran == list(STEPS)[:place]
    assert probe.say("later") in phone.console.text
    phone.answers(*[START] * (len(STEPS) - place), CANCEL)
    phone.run(probe.main).wait()
    assert ran == list(STEPS)
    assert {state(name) for name in STEPS} == {"done"}


def test_cancel_in_the_middle_keeps_what_was_found(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    steps(monkeypatch, STEPS["midi"])
    phone.answers(START, CANCEL)
    phone.run(probe.main).wait()
    assert (state("midi"), verdicts("midi")) == ("stopped", {"end": "short", "again": "never"})
    phone.answers(SKIP, CANCEL)  # passed over the next time, with its answers
    phone.run(probe.main).wait()
    assert (state("midi"), verdicts("midi")) == ("skipped", {"end": "short", "again": "never"})
    assert probe.say("midi.again.never") in probe.report(probe.load())
    phone.answers(START, SKIP, SKIP, CANCEL)  # its sound, a call
    phone.run(probe.main).wait()
    assert state("midi") == "done"


def test_a_run_that_finds_less_takes_nothing_away(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    steps(monkeypatch, STEPS["midi"])
    phone.answers(START, START, YES, CANCEL)
    phone.run(probe.main).wait()
    phone.answers(START, CANCEL)
    phone.run(probe.main).wait()
    assert verdicts("midi")["mute"] == "heard"


def test_the_stop_button_ends_an_absence_and_its_sockets(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps(monkeypatch, STEPS["away 60 s"])
    pairs: list[Any] = []

    class Loopback(probe.Loopback):  # type: ignore[misc]
        def __init__(self, waiting: str) -> None:
            super().__init__(waiting)
            pairs.append(self)

    monkeypatch.setattr(probe, "Loopback", Loopback)
    phone.answers(START)
    run = phone.run(probe.main)
    phone.until(lambda: len(pairs) == 2)
    phone.stop_button()
    run.wait()
    assert state("away 60 s") == "stopped"
    assert {each.fileno() for pair in pairs for each in pair.open} == {-1}


def test_a_step_that_fails_is_told_and_asked_again(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    steps(monkeypatch, noting("one", ran, OSError("no luck")), noting("two", ran))
    phone.answers(START, START, CANCEL)
    phone.run(probe.main).wait()
    assert (ran, state("one"), state("two")) == (["one", "two"], "stopped", "done")
    assert "OSError: no luck" in probe.report(probe.load())


def test_a_step_in_which_the_app_ended_says_so(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    steps(monkeypatch, noting("one", ran))
    probe.write(probe.load(), probe.STEPS[0], "begun", 0)
    phone.answers(START, CANCEL)
    phone.run(probe.main).wait()
    assert phone.asked[0].details["message"].startswith(probe.say("cut"))
    assert probe.say("was_cut").format(times=1) in probe.report(probe.load())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"probe": 0, "steps": {}}', '{"probe": 1, "steps": []}'])
def test_a_file_that_cannot_be_used_counts_as_none(text: str) -> None:
    probe.KEPT.write_text(text, encoding="utf-8")
    assert probe.load() == {"probe": probe.VERSION, "steps": {}}


def test_starting_anew_removes_what_was_kept(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps(monkeypatch, noting("one", []))
    phone.answers(START, 1, ANEW)
    phone.run(probe.main).wait()
    assert len(phone.app.shared) == 1
    assert not list(tmp_path.iterdir())


# --- The report ---


@pytest.mark.parametrize(
    "text",
    [
        f"/private/var/mobile/Containers/Shared/AppGroup/{ID}/Pythonista3/Documents/Anna Doe/app.py",
        f"/private/var/mobile/Containers/Shared/AppGroup/{ID}/Pythonista3/Documents/l'Anna Doe/app.py",
        f"/private/var/mobile/Containers/Shared/AppGroup/{ID}/File Provider Storage/Repositories/Anna Doe",
        "/private/var/mobile/Library/Mobile Documents/com~apple~CloudDocs/Anna Doe's/x",
        "/private/var/mobile/Library/Mobile Documents/iCloud~com~omz-software~Pythonista3/Documents/Anna Doe",
        f"[Errno 2] No such file: '/var/mobile/Containers/Data/Application/{ID}/Documents/Anna Doe'",
        "Incorrect API key provided: sk-" + "proj-Anna-0123456789",
        "Bearer lt-" + "Anna0123456789",
        str(Path.home() / "Documents" / "Anna Doe"),
    ],
)
def test_the_report_holds_no_key_no_name_and_no_path_of_ones_own(phone: Phone, text: str) -> None:
    step = STEPS["versions"]
    probe.write(probe.load(), step, "stopped", 0, {"app": "3.4", "path": [text], "error": f"OSError: {text}"})
    written = probe.KEPT.with_suffix(".txt").read_text(encoding="utf-8")
    for part in ("Anna", "Doe", ID, "0123456789", str(Path.home())):
        assert part not in written
        assert part not in probe.KEPT.read_text(encoding="utf-8")


def test_the_places_of_packages_are_still_told() -> None:
    assert probe.plain([HERE, APP]) == [
        "~/Pythonista3/Documents/site-packages",
        "[app]/Frameworks/Py.framework/site-packages",
    ]


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en-US", ["The phone and its packages", "Away for 60 s", "not answered", "Python 3.10"]),
        ("fr-CA", ["Le téléphone et ses paquets", "Absence de 60 s", "sans réponse", "Python 3.10"]),
    ],
)
def test_the_report_speaks_the_phones_language(phone: Phone, language: str, texts: list[str]) -> None:
    phone.app.languages = [language]
    kept = probe.load()
    probe.write(kept, STEPS["versions"], "done", 0, {"app": "3.4", "python": "3.10"})
    text = probe.report(kept)
    assert all(each in text for each in texts)
    assert json.loads(text.splitlines()[-1]) == kept


def test_each_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    for english, french in probe.WORDS.values():
        assert english
        assert sorted(probe.re.findall(r"{.*?}", english)) == sorted(probe.re.findall(r"{.*?}", french))


def test_a_thread_that_hangs_adds_nothing_to_what_is_kept(phone: Phone) -> None:
    facts: dict[str, Any] = {"python": "3.10"}
    kept = probe.load()
    probe.write(kept, STEPS["versions"], "done", 0, facts)
    facts["late"] = True
    assert "late" not in kept["steps"]["versions"]["facts"]
