"""Ten minutes on a real iPhone: what livetechno would like to know about Pythonista, and nobody could try.

Copy this one file into Pythonista and tap Run. Each step says what it does and what you do; each can be
passed over, and Cancel ends for now: what was found is kept beside this file, and the next run goes on
where this one ended. The report is yours to share; it holds no key, no name and no
personal path. Nothing is sent anywhere.

What was not seen is told as not answered; no answer is prepared.
"""

from __future__ import annotations

import errno
import importlib
import json
import platform
import queue
import re
import secrets
import selectors
import socket
import sqlite3
import ssl
import statistics
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

try:
    import clipboard
    import console
    import dialogs
    import keychain
    import objc_util
    import sound
    import ui
except ImportError as missing:
    sys.exit(f"This script runs in Pythonista on an iPhone or iPad ({missing}).")

VERSION = 1
KEPT = Path(__file__).resolve().with_name("livetechno-probe.json")
SERVICE = "livetechno-probe"
"""A service of the keychain that is ours alone; nothing else in the keychain is touched."""
POLL = 0.2
"""Seconds between two looks."""
LEAVE_WITHIN = 90.0
"""Seconds that one has to leave the app."""
ANSWERS_WITHIN = 3.0
"""Seconds after which a socket that says nothing counts as hanging."""
PAGE_WITHIN = 40.0
LOADS_WITHIN = 10.0
RINGS_WITHIN = 60

Facts = dict[str, Any]
Judge = Callable[[Facts], str]
"""From what was seen to a verdict, the last part of a sentence's name; "" where nothing can be said."""


@dataclass(frozen=True)
class Step:
    """One thing to do; `facts` is filled as it goes, so that an error or Cancel loses nothing."""

    name: str
    words: str
    """Where its sentences are."""
    run: Callable[[Facts], None]
    questions: dict[str, Judge]
    given: Facts = field(default_factory=dict)


def told(name: str, *known: str, other: str = "fails", nothing: tuple[object, ...] = (None,)) -> Judge:
    """The fact itself where its sentence is known, else `other`; nothing from `nothing`."""
    return lambda facts: (
        "" if facts.get(name) in nothing else facts[name] if facts[name] in known else other
    )  # fmt: skip


def either(name: str, yes: str, no: str) -> Judge:
    """One of two, from a fact that is true or false."""
    return lambda facts: "" if facts.get(name) is None else yes if facts[name] else no


def ran(name: str) -> Judge:
    """Whether something ran in the time that it was waited for."""
    return lambda facts: "" if "waited_ms" not in facts else "runs" if name in facts else "waits"


# --- What is the phone, and which packages come first? ---


def versions(facts: Facts) -> None:
    """Question 1: versions, where packages come from, and livetechno's own when it is installed."""
    facts["python"] = platform.python_version()
    facts["platform"] = sys.platform
    facts["machine"] = platform.machine()
    note(facts, "system", lambda: str(objc_util.ObjCClass("UIDevice").currentDevice().systemVersion()))
    note(facts, "app", _app_version)
    note(facts, "style", lambda: ui.get_ui_style())
    facts["path"] = list(sys.path)
    facts["sqlite"] = sqlite3.sqlite_version
    facts["full_text_search"] = _has_full_text_search()
    facts["ssl"] = ssl.OPENSSL_VERSION
    facts["authorities"] = len(ssl.create_default_context().get_ca_certs())
    facts["loaded"] = {
        name: [getattr(sys.modules[name], "__version__", None), getattr(sys.modules[name], "__file__", None)]
        for name in ("aiohttp", "certifi", "multidict", "openai", "requests", "yarl")
        if name in sys.modules
    }
    note(facts, "certifi", lambda: importlib.import_module("certifi").__file__)
    _try_livetechno(facts)


def note(facts: Facts, name: str, look: Callable[[], object]) -> None:
    """Keep what one look finds, or why it could not: the others come all the same."""
    try:
        facts[name] = look()
    except Exception as error:  # noqa: BLE001 - it is told
        facts[f"no {name}"] = f"{type(error).__name__}: {error}"


def _app_version() -> str:
    about = objc_util.ObjCClass("NSBundle").mainBundle().infoDictionary()
    return str(about.objectForKey_("CFBundleShortVersionString"))


def _has_full_text_search() -> bool:
    base = sqlite3.connect(":memory:")
    try:
        base.execute("CREATE VIRTUAL TABLE t USING fts5(x)")
    except sqlite3.OperationalError:
        return False
    finally:
        base.close()
    return True


def _try_livetechno(facts: Facts) -> None:
    began = time.monotonic()
    try:
        package = importlib.import_module("livetechno")
    except ImportError:
        facts["livetechno"] = None
        return
    facts["livetechno"] = getattr(package, "__version__", "?")
    vendored = importlib.import_module("livetechno._vendor.aiohttp")
    facts["import_s"] = round(time.monotonic() - began, 2)
    facts["vendored"] = vendored.__file__
    facts["vendored_version"] = vendored.__version__
    facts["vendored_is_ours"] = "livetechno" in Path(str(vendored.__file__)).parts


def judge_path(facts: Facts) -> str:
    """Whether the owner's packages come before the app's."""
    places = [str(entry) for entry in facts.get("path", ())]
    own = [at for at, entry in enumerate(places) if "Documents/site-packages" in entry]
    apps = [at for at, entry in enumerate(places) if ".app/" in entry and entry.endswith("site-packages")]
    if not own or not apps:
        return ""
    return "first" if own[0] < apps[0] else "last"


def judge_vendored(facts: Facts) -> str:
    """Whether livetechno took the packages that it brings."""
    if "livetechno" not in facts:
        return ""
    if facts["livetechno"] is None:
        return "absent"
    if "vendored_is_ours" not in facts:
        return "broken"
    return "ours" if facts["vendored_is_ours"] else "theirs"


# --- What is ui.WebView, and what can a page on 127.0.0.1 do in it? ---

PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>probe</title>
<style>body { font: 17px -apple-system, sans-serif; padding: 2em; color-scheme: light dark }</style>
<p>livetechno</p>
<script>
"use strict";
const tell = (facts) => fetch("facts", {method: "POST", body: JSON.stringify(facts)});
const within = (seconds, promise) => Promise.race([promise, new Promise((_, no) =>
  setTimeout(() => no(new Error("nothing within " + seconds + " s")), seconds * 1000))]);
async function look(name, find) {
  try { await tell({[name]: await within(8, find())}) } catch (error) { await tell({[name]: String(error)}) }
}
function hear() {
  return new Promise((done) => {
    const at = [], source = new EventSource("events");
    source.onmessage = () => {
      if (at.push(Math.round(performance.now())) === 5) { source.close(); done(at) }
    };
    source.onerror = () => { source.close(); done(at) };
  });
}
async function read() {
  const at = [], reader = (await fetch("stream")).body.getReader();
  for (let text = ""; ;) {
    const {done, value} = await reader.read();
    if (done) return at;
    text += new TextDecoder().decode(value);
    while (at.length < (text.match(/data:/g) || []).length) at.push(Math.round(performance.now()));
  }
}
async function work() {
  const Sound = window.AudioContext || window.webkitAudioContext, context = new Sound();
  if (!context.audioWorklet) return "absent";
  await context.audioWorklet.addModule("worklet.js");
  new AudioWorkletNode(context, "silence");
  return "works";
}
(async () => {
  if (location.hash === "#again") {
    await look("storage", async () => localStorage.getItem("probe") === "kept" ? "kept" : "lost");
    await tell({done: true});
    return;
  }
  await tell({agent: navigator.userAgent, secure: window.isSecureContext,
              handlers: !!(window.webkit && window.webkit.messageHandlers)});
  await look("events_ms", hear);
  await look("stream_ms", read);
  await look("worklet", work);
  await look("storage", async () => { localStorage.setItem("probe", "kept"); return "written" });
  const began = performance.now();
  alert("livetechno");
  await tell({alert_ms: Math.round(performance.now() - began)});
  location.hash = "#again";
  location.reload();
})();
</script>"""
WORKLET = 'registerProcessor("silence", class extends AudioWorkletProcessor { process() { return true } });'


class Pages(BaseHTTPRequestHandler):
    """Serves the page above to whoever knows the secret in its address, and hears what it found."""

    facts: Facts
    secret: str
    done: threading.Event

    def do_GET(self) -> None:
        """The page, its worklet, or events."""
        name = self._name()
        if name == "page":
            self._send("text/html; charset=utf-8", PAGE.encode())
        elif name == "worklet.js":
            self._send("text/javascript", WORKLET.encode())
        elif name in ("events", "stream"):
            self._drip()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Facts from the page, a few at a time."""
        if self._name() != "facts":
            self.send_error(404)
            return
        found = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self._send("application/json", b"{}")
        self.facts.update(found)
        if found.get("done"):
            self.done.set()

    def _name(self) -> str:
        secret, _, name = self.path.partition("?")[0].strip("/").partition("/")
        return name if secrets.compare_digest(secret.encode(), self.secret.encode()) else ""

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """Five events, 200 ms apart, after as many bytes as URLSession holds back."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(b":" + b" " * 2048 + b"\n\n")
        for number in range(5):
            time.sleep(POLL)
            self.wfile.write(b"data: %d\n\n" % number)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing: the address holds the secret."""


def webview(facts: Facts) -> None:
    """Question 2: shows the page above until it has tried everything, then asks for the window of alert()."""
    done, secret = threading.Event(), secrets.token_urlsafe(16)
    handler = type("Handler", (Pages,), {"facts": facts, "secret": secret, "done": done})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True).start()
    view = ui.WebView(name="probe")
    try:
        _on_main(lambda: view.load_url(f"http://127.0.0.1:{server.server_address[1]}/{secret}/page"))
        _on_main(lambda: view.present("sheet"))
        facts["finished"] = done.wait(PAGE_WITHIN)
        facts["classes"] = _on_main(lambda: _classes_below(view))
    finally:
        _on_main(view.close)
        server.shutdown()
        server.server_close()
    facts["alert_seen"] = ask("webview.alert_seen", "yes", "no") == 1


def _classes_below(view: Any) -> list[str]:
    """The names of the classes of UIKit that a view of `ui` is made of."""
    below = [objc_util.ObjCInstance(view)]
    for native in below:
        below += list(native.subviews())
    return sorted({name[1] for native in below if (name := re.match(r"<(\w+)", str(native.description())))})


def judge_kind(facts: Facts) -> str:
    """By the classes that the view is made of, and by what WebKit gives to scripts."""
    names = " ".join(facts.get("classes") or ())
    if "WKWebView" in names or facts.get("handlers"):
        return "wk"
    if "UIWebView" in names and "WKWebView" not in names:
        return "old"
    return ""


def judge_flow(name: str) -> Judge:
    """Five events that came 200 ms apart were streamed; all at one moment, they were held back."""

    def judge(facts: Facts) -> str:
        at = facts.get(name)
        if at is None:
            return ""
        if not isinstance(at, list) or len(at) < 5:
            return "fails"
        return "streams" if at[-1] - at[0] > 400 else "at_once"

    return judge


def judge_alert(facts: Facts) -> str:
    """What the person saw; of a page that did not come as far as its alert() nothing can be said."""
    if "alert_seen" not in facts:
        return ""
    return "seen" if facts["alert_seen"] else "unseen" if "storage" in facts else ""


# --- What becomes of threads and sockets while the app is away? ---


class Loopback:
    """A listener, and one connection through it; each is waited for by a thread, as a server does.

    `waiting` is "accept", a thread that is held in accept(), or "select", one that asks the system which
    socket is ready, as asyncio does.
    """

    def __init__(self, waiting: str) -> None:
        self.waiting = waiting
        self.fate = {"listener": "waits", "server side": "waits", "client side": "waits"}
        self.came: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.open: list[socket.socket] = [self.listener]
        self._start("listener", self._listen)
        self.client = socket.create_connection(("127.0.0.1", self.port), ANSWERS_WITHIN)
        self.client.settimeout(None)
        self.open.append(self.client)
        self._start("client side", self._read)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
                self.fate[name] = "closed"
            except (OSError, ValueError) as error:
                self.fate[name] = called(error)

        threading.Thread(target=run, daemon=True).start()

    def _listen(self) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(self.listener, selectors.EVENT_READ)
            while True:
                if self.waiting == "select":
                    ready.select()
                came, _ = self.listener.accept()
                self.open.append(came)
                self._start("server side", partial(self._echo, came))

    def _echo(self, came: socket.socket) -> None:
        while said := came.recv(64):
            came.sendall(said)

    def _read(self) -> None:
        while said := self.client.recv(64):
            self.came.put(said)

    def look(self) -> Facts:
        """What became of each, then whether anything still answers, and whether the port can be had again."""
        seen: Facts = {f"{self.waiting} {name}": fate for name, fate in self.fate.items()}
        seen[f"{self.waiting} new client"] = answers(self.port)
        seen[f"{self.waiting} open connection"] = self._asks()
        self.close()
        try:
            with socket.create_server(("127.0.0.1", self.port)):
                seen[f"{self.waiting} same port"] = "works"
        except OSError as error:
            seen[f"{self.waiting} same port"] = called(error)
        return seen

    def _asks(self) -> str:
        try:
            self.client.sendall(b"?")
            self.came.get(timeout=ANSWERS_WITHIN)
        except OSError as error:
            return called(error)
        except queue.Empty:
            fate = self.fate["client side"]
            return "hangs" if fate == "waits" else fate
        return "works"

    def close(self) -> None:
        """Ends all of it; shutdown wakes the threads where the system does not by itself."""
        for each in reversed(self.open):
            with suppress(OSError):  # it is at its end already
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def answers(port: int) -> str:
    """Whether a new client is answered: "works", "hangs", or the name of the error."""
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWERS_WITHIN) as client:
            client.sendall(b"!")
            return "works" if client.recv(64) else "closed"
    except TimeoutError:
        return "hangs"
    except OSError as error:
        return called(error)


def called(error: Exception) -> str:
    """An error by the system's own name."""
    return errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)


def wait_for_return(facts: Facts, look: Callable[[], None] = lambda: None) -> bool:
    """Wait until the app was left and is back; False when nobody left.

    A gap between two looks is time in which our threads stood still.
    """
    began = last = time.time()
    steady = time.monotonic()
    left: float | None = None
    facts["frozen_s"] = facts["steady_s"] = 0.0
    facts["looks_away"] = 0
    while True:
        time.sleep(POLL)
        now, now_steady = time.time(), time.monotonic()
        away = console.is_in_background()
        if now - last > max(2.0, 5 * POLL):
            facts["frozen_s"] = round(facts["frozen_s"] + now - last, 1)
            facts["steady_s"] = round(facts["steady_s"] + now_steady - steady, 1)
            left = last if left is None else left
        elif away:
            left = last if left is None else left
            facts["looks_away"] += 1
            look()
        if left is not None and not away:
            facts["away_s"] = round(now - left, 1)
            return True
        if left is None and now - began > LEAVE_WITHIN:
            return False
        last, steady = now, now_steady


def away(facts: Facts) -> None:
    """Question 3, and the keychain's part of 4: what is left of two servers when the app is back."""
    pairs: list[Loopback] = []
    try:
        pairs += map(Loopback, ("accept", "select"))
        looks: Callable[[], None] = (lambda: _read_locked(facts)) if facts.get("lock") else (lambda: None)
        if facts.get("lock"):
            keychain.set_password(SERVICE, "locked", "kept")
        if not wait_for_return(facts, looks) or not was_away(facts):
            return
        time.sleep(5 * POLL)  # an error that comes with the return comes now
        for pair in pairs:
            facts.update(pair.look())
    finally:
        for pair in pairs:
            pair.close()
        if facts.get("lock"):
            keychain.delete_password(SERVICE, "locked")


def _read_locked(facts: Facts) -> None:
    """Read the keychain once while the app is away, and note it beside what the phone says of its lock."""
    try:
        where = "unlocked" if _on_main(_protected_data_is_available) else "locked"
    except Exception:  # noqa: BLE001 - then nothing can be said of a lock
        where = "unknown"
    try:
        read = {"kept": "read", None: "none"}.get(keychain.get_password(SERVICE, "locked"), "other")
    except Exception as error:  # noqa: BLE001 - which one is the answer
        read = type(error).__name__
    facts.setdefault(f"keychain_{where}", []).append(read)


def _protected_data_is_available() -> bool:
    return bool(objc_util.ObjCClass("UIApplication").sharedApplication().isProtectedDataAvailable())


def was_away(facts: Facts) -> bool:
    """Whether one was away for about as long as the step is about; half of it will do."""
    return bool(facts.get("away_s", -1) >= facts["asked_s"] / 2)


def judge_frozen(facts: Facts) -> str:
    """Whether threads stood still while the app was away."""
    if not was_away(facts):
        return ""
    return "frozen" if facts["frozen_s"] else "awake"


def judge_listener(waiting: str) -> Judge:
    """Whether a server still answers, or saw an error, or waits for ever."""

    def judge(facts: Facts) -> str:
        new, fate = facts.get(f"{waiting} new client"), facts.get(f"{waiting} listener")
        if new is None:
            return ""
        if new == "works":
            return "works"
        return "hangs" if fate == "waits" else "error"

    return judge


def judge_port(facts: Facts) -> str:
    """Whether a server can have its port again at once."""
    found = {facts.get("accept same port"), facts.get("select same port")}
    return "" if None in found else "works" if found == {"works"} else "error"


def judge_locked(facts: Facts) -> str:
    """From reads that were made while the phone said that it is locked; else nothing can be said."""
    if not (found := set(facts.get("keychain_locked", ()))):
        return ""
    return "read" if found == {"read"} else "none" if found == {"none"} else "error"


# --- The keychain ---

SIZES = (100, 4_000, 5_000, 20_000, 100_000)


def keys(facts: Facts) -> None:
    """Values of growing size, from a thread of our own; only under our own service, and taken away again."""

    def work() -> None:
        try:
            facts["missing"] = repr(keychain.get_password(SERVICE, "never set"))
            for size in SIZES:
                value = secrets.token_hex(size // 2)
                facts["size"] = size
                keychain.set_password(SERVICE, "size", value)
                facts["same"] = keychain.get_password(SERVICE, "size") == value
                if not facts["same"]:
                    return
                facts["largest"] = size
            facts["worker"] = "works"
        except Exception as error:  # noqa: BLE001 - which one is the answer
            facts["worker"] = type(error).__name__
        finally:
            keychain.delete_password(SERVICE, "size")
            facts["removed"] = keychain.get_password(SERVICE, "size") is None

    facts["worker"] = _in_thread(work, 20.0) or facts.get("worker", "cut")


def judge_worker(facts: Facts) -> str:
    """Whether a thread of our own can use the keychain at all."""
    found = facts.get("worker")
    if found is None:
        return ""
    return "works" if facts.get("largest") else "hangs" if found == "hangs" else "error"


def judge_large(facts: Facts) -> str:
    """Whether values of every size came back whole."""
    largest = facts.get("largest")
    return "" if largest is None else "all" if largest == SIZES[-1] else "some"


# --- MIDIPlayer ---


def midi_file(seconds: int) -> bytes:
    """A Standard MIDI File of one track: a quarter note twice a second."""
    pitches = (60 + 4 * (number % 4) for number in range(2 * seconds))
    notes = b"".join(b"\x00\x90%c\x64\x83\x60\x80%c\x00" % (pitch, pitch) for pitch in pitches)
    track = b"\x00\xff\x51\x03\x07\xa1\x20" + notes + b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track


def midi(facts: Facts) -> None:
    """Question 5: a file to its end, again, and what the person heard."""
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder, "short.mid"), Path(folder, "long.mid")
        short.write_bytes(midi_file(2))
        long.write_bytes(midi_file(2 * RINGS_WITHIN))
        player = sound.MIDIPlayer(str(short))
        try:
            facts["duration_s"] = player.duration
            player.play()
            facts["times"] = _times(player, 20)
            player.play()
            facts["again"] = _times(player, 5)
            player.stop()
            note(facts, "rewind", lambda: setattr(player, "current_time", 0))
            player.play()
            facts["rewound"] = _times(player, 5)
        finally:
            player.stop()
        if ask("midi.mute", "play", "skip") == 1:
            _play(short)
            facts["heard"] = ask("midi.heard", "yes", "no") == 1
        if ask("midi.call", "play", "skip") == 1:
            _ring(facts, long)


def _times(player: Any, looks: int) -> list[float]:
    times = [round(player.current_time, 2)]
    for _ in range(looks):
        time.sleep(POLL)
        times.append(round(player.current_time, 2))
    return times


def _play(file: Path) -> None:
    player = sound.MIDIPlayer(str(file))
    player.play()
    time.sleep(15 * POLL)
    player.stop()


def _ring(facts: Facts, file: Path) -> None:
    """Play for a minute, and note when the music stands still or the app is not in front."""
    player = sound.MIDIPlayer(str(file))
    player.play()
    last, moves = 0.0, list[str]()
    try:
        for _ in range(5 * RINGS_WITHIN):
            time.sleep(POLL)
            now = player.current_time
            moves.append("." if now > last else "!" if console.is_in_background() else "-")
            last = now
            if re.search(r"[-!]{5,}\.{25}|[-!]{75}$", "".join(moves)):
                break
    finally:
        player.stop()
        facts["call"] = "".join(moves)


def judge_end(facts: Facts) -> str:
    """What current_time does when a file of two seconds was played for four."""
    times, duration = facts.get("times"), facts.get("duration_s")
    if not times or not duration:
        return ""
    if max(times) < duration - 0.5:
        return "short"
    return "resets" if times[-1] < 0.1 else "runs" if times[-1] > duration + 0.5 else "stays"


def judge_again(facts: Facts) -> str:
    """Whether one player plays twice."""

    def moves(times: list[float]) -> bool:
        return len(times) > 1 and times[0] < 0.9 and times[-1] > times[0]

    if "again" not in facts or "rewound" not in facts:
        return ""
    return "plays" if moves(facts["again"]) else "rewound" if moves(facts["rewound"]) else "never"


def judge_call(facts: Facts) -> str:
    """From a row of looks: "." it plays, "-" it stands still, "!" it stands still and the app is away."""
    moves = str(facts.get("call", "")).lstrip("-")
    if not re.search(r"[-!]{5}", moves):
        return ""
    return "resumes" if re.search(r"[-!]{5,}\.{5}", moves) else "stops"


# --- Queues, threads, and a page that is asked ---


def threads(facts: Facts) -> None:
    """Question 6: what runs while this script still does, and how long a page takes to answer."""
    loaded = threading.Event()
    page = ui.WebView(name="probe")

    class Loaded:
        def webview_did_finish_load(self, _: object) -> None:
            loaded.set()

    page.delegate = Loaded()
    _on_main(lambda: page.load_html("<p>livetechno</p>"))
    _on_main(lambda: page.present("sheet"))
    try:
        marks: Facts = {}
        began = time.monotonic()

        def mark(name: str) -> Callable[[], None]:
            return lambda: marks.setdefault(name, round((time.monotonic() - began) * 1000, 1))

        ui.delay(mark("delay_ms"), 0)
        ui.delay(lambda: ui.in_background(mark("queue_ms"))(), 0)
        threading.Thread(target=mark("thread_ms"), daemon=True).start()
        time.sleep(10 * POLL)
        facts.update(marks)
        facts["waited_ms"] = round(10_000 * POLL)
        facts["on_main_ms"] = _time(lambda: _on_main(lambda: None), 50)
        facts["loaded"] = loaded.wait(LOADS_WITHIN)
        facts["eval"] = _in_thread(lambda: facts.update(_eval_times(page)), 20.0) or "works"
    finally:
        _on_main(page.close)


def _eval_times(page: Any) -> Facts:
    return {"two": page.eval_js("1 + 1"), "eval_ms": _time(lambda: page.eval_js("1 + 1"), 100)}


def _time(work: Callable[[], object], times: int) -> list[float]:
    """Median and longest time in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return [round(statistics.median(took), 2), round(max(took), 2)]


def judge_eval(facts: Facts) -> str:
    """Whether a page answers a thread."""
    if "eval" not in facts:
        return ""
    return facts["eval"] if facts["eval"] == "hangs" else "works" if facts.get("two") == "2" else "fails"


# --- What several steps use ---


def _on_main(work: Callable[[], Any]) -> Any:
    """What `work` returns on the main thread; an error there is raised here, which `on_main_thread` loses."""
    said: list[Any] = []

    def run() -> None:
        try:
            said.extend((work(), None))
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            said.extend((None, error))

    objc_util.on_main_thread(run)()
    if not said:
        raise RuntimeError("the main thread did not run it")
    if said[1] is not None:
        raise said[1]
    return said[0]


def _in_thread(work: Callable[[], object], seconds: float) -> str:
    """Run it in a thread of its own: "" when it came to its end, else "hangs", or the error's name."""
    said: list[str] = []

    def run() -> None:
        try:
            work()
            said.append("")
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            said.append(type(error).__name__)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    return said[0] if said else "hangs"


def ask(sentence: str, *buttons: str) -> int:
    """The number of the button, from 1; Cancel is a KeyboardInterrupt."""
    return console.alert(say("title"), say(sentence), *(say(f"button.{button}") for button in buttons))


AWAY = {
    "frozen": judge_frozen,
    "accept": judge_listener("accept"),
    "select": judge_listener("select"),
    "connection": told("accept open connection", "works", "hangs", other="error"),
    "port": judge_port,
}
STEPS = (
    Step("versions", "versions", versions, {
        "python": lambda facts: "is" if "python" in facts else "",
        "path": judge_path,
        "certificates": lambda facts: "is" if "certifi" in facts else "",
        "vendored": judge_vendored,
        "style": lambda facts: "is" if "style" in facts else "",
    }),
    Step("webview", "webview", webview, {
        "kind": judge_kind,
        "secure": either("secure", "yes", "no"),
        "worklet": told("worklet", "works", "absent"),
        "events": judge_flow("events_ms"),
        "stream": judge_flow("stream_ms"),
        "alert": judge_alert,
        "storage": told("storage", "kept", "lost", nothing=(None, "written")),
    }),
    Step("keychain", "keychain", keys, {
        "worker": judge_worker, "large": judge_large, "removed": either("removed", "yes", "no"),
    }),
    Step("threads", "threads", threads, {
        "queue": ran("queue_ms"), "thread": ran("thread_ms"), "eval": judge_eval,
    }),
    Step("midi", "midi", midi, {
        "end": judge_end,
        "again": judge_again,
        "mute": either("heard", "heard", "unheard"),
        "call": judge_call,
    }),
    Step("away 5 s", "away", away, AWAY, {"asked_s": 5}),
    Step("away 60 s", "away", away, AWAY, {"asked_s": 60}),
    Step("lock", "lock", away, {**AWAY, "locked": judge_locked}, {"asked_s": 60, "lock": True}),
    Step("away 10 min", "away", away, AWAY, {"asked_s": 600}),
)  # fmt: skip


# --- The steps one by one, and what is kept of them ---


def main() -> None:
    """Go through what is not answered yet, what was passed over too; then offer the report."""
    kept = load()
    try:
        for number, step in enumerate(STEPS, 1):
            if kept["steps"].get(step.name, {}).get("state") != "done":
                take(step, number, kept)
        offer(kept)
    except KeyboardInterrupt:
        print(say("later"))


def take(step: Step, number: int, kept: Facts) -> None:
    """One step; what it found is written before anything else happens."""
    facts: Facts = dict(step.given)
    before = kept["steps"].get(step.name, {})
    cut = before.get("cut", 0) + (before.get("state") == "begun")
    task = say(f"{step.words}.todo").format_map(facts)
    if cut:
        task = f"{say('cut')} {task}"
    title = f"{number}/{len(STEPS)} {titled(step)}"
    print(f"{title}\n{task}\n")
    if console.alert(title, task, say("button.start"), say("button.skip")) == 2:
        write(kept, step, "skipped", cut)
        return
    write(kept, step, "begun", cut)
    state = "stopped"
    try:
        step.run(facts)
        state = "done"
    except Exception as error:  # noqa: BLE001 - it is told, and the next step comes
        facts["error"] = f"{type(error).__name__}: {error}"
    finally:
        write(kept, step, state, cut, facts)
    print("\n".join(answers_of(step, kept["steps"][step.name])) + "\n")


def titled(step: Step) -> str:
    """A step's name as one reads it."""
    return say(step.words).format_map(_Shown(step.given))


def load() -> Facts:
    """What earlier runs found; a file that cannot be read counts as none."""
    try:
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = None
    if isinstance(kept, dict) and kept.get("probe") == VERSION and isinstance(kept.get("steps"), dict):
        return kept
    return {"probe": VERSION, "steps": {}}


def write(kept: Facts, step: Step, state: str, cut: int, facts: Facts | None = None) -> None:
    """Keep a step; one that came to its end without an answer is asked again next time.

    Without facts, or with fewer answers from a run that did not come to its end, what was found before stays.
    """
    found = kept["steps"].get(step.name, {"verdicts": {}, "facts": plain(step.given)})
    if facts is not None:
        facts = dict(facts)  # a thread that hangs may still add to it
        verdicts = {name: judge(facts) for name, judge in step.questions.items()}
        if state == "done" and not any(verdicts.values()):
            state = "open"
        if state == "done" or _answered(verdicts) >= _answered(found["verdicts"]):
            found = {"verdicts": verdicts, "facts": plain(facts)}
    kept["steps"][step.name] = {**found, "state": state, "cut": cut}
    replace(KEPT, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    replace(KEPT.with_suffix(".txt"), report(kept))


def _answered(verdicts: dict[str, str]) -> int:
    return sum(map(bool, verdicts.values()))


def replace(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def plain(value: Any) -> Any:
    """The same without keys and without what tells of the owner: folders of their own, the app's number."""
    if isinstance(value, dict):
        return {plain(str(name)): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = re.sub(r"\b(sk|lt)-[\w-]{8,}", "[key]", str(value))
    text = re.sub(r"/[^\s'\":]*/Pythonista3?\.app(?=/|\b)", "[app]", text)
    text = text.replace(str(Path.home()), "~")
    text = re.sub(r"/(?:private/)?var/mobile/Containers/\w+/\w+/[0-9A-Fa-f-]{36}", "~", text)
    rest = r"(?:[^'\":]|'(?=\w))+"  # to the quote that closes it: an apostrophe in a name does not
    text = re.sub(rf"(?:/(?:private/)?var/mobile/Library|~/File Provider Storage)/{rest}", "~/...", text)
    own = rf"~?(?:/[^\s'\":/]+)*?/Documents/(?!site-packages|livetechno){rest}"
    return re.sub(own, "~/Documents/...", text)


def answers_of(step: Step, found: Facts) -> list[str]:
    """A line for each question: its answer, or that there is none."""
    lines = []
    for question in step.questions:
        verdict = found["verdicts"].get(question, "")
        if verdict:
            answer = say(f"{step.words}.{question}.{verdict}", f"away.{question}.{verdict}")
            answer = answer.format_map(_Shown(found["facts"]))
        else:
            answer = say("no.skipped" if found["state"] == "skipped" else "no.open")
        lines.append(f"- {say(f'{step.words}.{question}', f'away.{question}')}: {answer}")
    if "error" in found["facts"]:
        lines.append(f"  {found['facts']['error']}")
    if found.get("cut"):
        lines.append(f"  {say('was_cut')}".format(times=found["cut"]))
    return lines


class _Shown(dict[str, Any]):
    """Facts for a sentence; one that is missing is a dash."""

    def __missing__(self, _: str) -> str:
        return "-"


def report(kept: Facts) -> str:
    """What one shares: sentences to read, then all that was seen, as JSON."""
    lines = [f"livetechno, probe {VERSION}", ""]
    nothing: Facts = {"state": "open", "verdicts": {}, "facts": {}}
    for number, step in enumerate(STEPS, 1):
        found = kept["steps"].get(step.name, nothing)
        lines += [f"{number}. {titled(step)}", *answers_of(step, found), ""]
    return "\n".join([*lines, json.dumps(kept, ensure_ascii=False)]) + "\n"


def offer(kept: Facts) -> None:
    """The report, to be shared or copied as often as one likes; Cancel ends."""
    text = report(kept)
    print(text)
    while True:
        chosen = ask("finished", "share", "copy", "again")
        if chosen == 1:
            dialogs.share_text(text)
        elif chosen == 2:
            _on_main(lambda: clipboard.set(text))
        else:
            for file in (KEPT, KEPT.with_suffix(".txt")):
                file.unlink(missing_ok=True)
            print(say("cleared"))
            return


# --- Words ---


def language() -> str:
    """The phone's: "fr", else "en"."""
    try:
        first = str(objc_util.ObjCClass("NSLocale").preferredLanguages()[0])
    except Exception:  # noqa: BLE001 - a phone that does not tell is spoken to in English
        first = ""
    return "fr" if first.startswith("fr") else "en"


def say(*names: str) -> str:
    """The sentence of the first name that there is, in the phone's language."""
    both = next(WORDS[name] for name in names if name in WORDS)
    return both[1 if language() == "fr" else 0]


WORDS: dict[str, tuple[str, str]] = {
    "title": ("livetechno probe", "Sonde livetechno"),
    "button.start": ("Start", "Commencer"),
    "button.skip": ("Pass over", "Passer"),
    "button.yes": ("Yes", "Oui"),
    "button.no": ("No", "Non"),
    "button.play": ("Play", "Jouer"),
    "button.share": ("Share", "Partager"),
    "button.copy": ("Copy", "Copier"),
    "button.again": ("Start anew", "Tout refaire"),
    "later": (
        "Ended for now. What was found is kept; run this again to go on.",
        "Arrêté pour l'instant. Ce qui a été trouvé est gardé ; relancez le script pour continuer.",
    ),
    "cleared": (
        "Everything was removed. The next run begins anew.",
        "Tout est effacé. Le prochain lancement repart du début.",
    ),
    "finished": (
        "The report is ready. Please put it into an issue. It holds no key and no personal path.",
        "Le rapport est prêt. Collez-le dans une « issue ». Il ne contient ni clé ni chemin personnel.",
    ),
    "cut": (
        "(Last time the app ended in the middle of this step.)",
        "(La dernière fois, l'app s'est arrêtée au milieu de cette étape.)",
    ),
    "was_cut": (
        "The app was ended in the middle of this step: {times}",
        "L'app a été arrêtée au milieu de cette étape : {times}",
    ),
    "no.open": ("not answered", "sans réponse"),
    "no.skipped": ("not answered, passed over", "sans réponse, étape passée"),
    #
    "versions": ("The phone and its packages", "Le téléphone et ses paquets"),
    "versions.todo": (
        "Looks at versions and at where packages come from. There is nothing to do.",
        "Regarde les versions et l'origine des paquets. Il n'y a rien à faire.",
    ),
    "versions.python": ("Versions", "Versions"),
    "versions.python.is": (
        "Pythonista {app}, Python {python} ({platform}), system {system}, SQLite {sqlite}",
        "Pythonista {app}, Python {python} ({platform}), système {system}, SQLite {sqlite}",
    ),
    "versions.path": ("Order of the folders", "Ordre des dossiers"),
    "versions.path.first": (
        "your site-packages come before the app's packages",
        "vos site-packages passent avant les paquets de l'app",
    ),
    "versions.path.last": (
        "the app's packages come before your site-packages",
        "les paquets de l'app passent avant vos site-packages",
    ),
    "versions.certificates": ("Certificates", "Certificats"),
    "versions.certificates.is": (
        "the system shows {authorities} authorities; certifi is {certifi}",
        "le système montre {authorities} autorités ; certifi est {certifi}",
    ),
    "versions.style": ("Light or dark", "Clair ou sombre"),
    "versions.style.is": ("ui.get_ui_style() says {style}", "ui.get_ui_style() répond {style}"),
    "versions.vendored": ("livetechno's own packages", "Paquets propres à livetechno"),
    "versions.vendored.absent": ("livetechno is not installed", "livetechno n'est pas installé"),
    "versions.vendored.broken": (
        "livetechno {livetechno} is there; its packages were not found",
        "livetechno {livetechno} est là ; ses paquets n'ont pas été trouvés",
    ),
    "versions.vendored.ours": (
        "livetechno {livetechno} took its own aiohttp {vendored_version}, in {import_s} s",
        "livetechno {livetechno} a pris son propre aiohttp {vendored_version}, en {import_s} s",
    ),
    "versions.vendored.theirs": ("aiohttp came from {vendored}", "aiohttp vient de {vendored}"),
    #
    "webview": ("The web view", "La vue web"),
    "webview.todo": (
        "Shows a page for some seconds. If a little window says 'livetechno', tap OK in it.",
        "Affiche une page quelques secondes. Si une petite fenêtre dit « livetechno », touchez OK.",
    ),
    "webview.alert_seen": (
        "Did a little window say 'livetechno'?",
        "Une petite fenêtre a-t-elle dit « livetechno » ?",
    ),
    "webview.kind": ("Kind of ui.WebView", "Genre de ui.WebView"),
    "webview.kind.wk": ("WKWebView (made of {classes})", "WKWebView (faite de {classes})"),
    "webview.kind.old": ("UIWebView (made of {classes})", "UIWebView (faite de {classes})"),
    "webview.secure": ("Secure context", "Contexte sûr"),
    "webview.secure.yes": ("yes", "oui"),
    "webview.secure.no": ("no", "non"),
    "webview.worklet": ("AudioWorklet", "AudioWorklet"),
    "webview.worklet.works": ("works", "fonctionne"),
    "webview.worklet.absent": ("is not there", "n'existe pas"),
    "webview.worklet.fails": ("is there and fails: {worklet}", "existe et échoue : {worklet}"),
    "webview.events": ("EventSource", "EventSource"),
    "webview.events.streams": ("each event came when it was sent", "chaque événement est arrivé à son heure"),
    "webview.events.at_once": (
        "all events came at one moment: {events_ms}",
        "tous les événements sont arrivés au même moment : {events_ms}",
    ),
    "webview.events.fails": ("failed: {events_ms}", "échec : {events_ms}"),
    "webview.stream": ("fetch, read as it comes", "fetch, lu au fil de l'eau"),
    "webview.stream.streams": ("each piece came when it was sent", "chaque morceau est arrivé à son heure"),
    "webview.stream.at_once": (
        "all pieces came at one moment: {stream_ms}",
        "tous les morceaux sont arrivés au même moment : {stream_ms}",
    ),
    "webview.stream.fails": ("failed: {stream_ms}", "échec : {stream_ms}"),
    "webview.alert": ("alert()", "alert()"),
    "webview.alert.seen": ("shows a window ({alert_ms} ms)", "montre une fenêtre ({alert_ms} ms)"),
    "webview.alert.unseen": ("shows nothing ({alert_ms} ms)", "ne montre rien ({alert_ms} ms)"),
    "webview.storage": ("localStorage after a reload", "localStorage après rechargement"),
    "webview.storage.kept": ("kept", "gardé"),
    "webview.storage.lost": ("lost", "perdu"),
    "webview.storage.fails": ("failed: {storage}", "échec : {storage}"),
    #
    "keychain": ("The keychain", "Le trousseau"),
    "keychain.todo": (
        "Writes test values under a name of its own and takes them away again. Nothing else is touched.",
        "Écrit des valeurs d'essai sous un nom à elles, puis les retire. Rien d'autre n'est touché.",
    ),
    "keychain.worker": ("From a thread", "Depuis un fil d'exécution"),
    "keychain.worker.works": (
        "works; what is missing reads as {missing}",
        "fonctionne ; l'absent se lit {missing}",
    ),
    "keychain.worker.hangs": ("hangs", "reste bloqué"),
    "keychain.worker.error": ("fails: {worker}", "échoue : {worker}"),
    "keychain.large": ("Long values", "Valeurs longues"),
    "keychain.large.all": (
        "up to {largest} characters come back whole",
        "jusqu'à {largest} caractères reviennent entiers",
    ),
    "keychain.large.some": (
        "{largest} characters come back whole, {size} do not ({worker})",
        "{largest} caractères reviennent entiers, {size} non ({worker})",
    ),
    "keychain.removed": ("Taken away again", "Retiré ensuite"),
    "keychain.removed.yes": ("yes", "oui"),
    "keychain.removed.no": (
        "no: service livetechno-probe is still there",
        "non : le service livetechno-probe est encore là",
    ),
    #
    "threads": ("Queues and threads", "Files et fils d'exécution"),
    "threads.todo": (
        "Shows an empty page for some seconds and measures. There is nothing to do.",
        "Affiche une page vide quelques secondes et mesure. Il n'y a rien à faire.",
    ),
    "threads.queue": ("ui.in_background while a script runs", "ui.in_background pendant qu'un script tourne"),
    "threads.queue.runs": ("ran after {queue_ms} ms", "a tourné après {queue_ms} ms"),
    "threads.queue.waits": ("had not run after {waited_ms} ms", "n'avait pas tourné après {waited_ms} ms"),
    "threads.thread": ("A thread of one's own", "Un fil d'exécution à soi"),
    "threads.thread.runs": ("ran after {thread_ms} ms", "a tourné après {thread_ms} ms"),
    "threads.thread.waits": ("had not run after {waited_ms} ms", "n'avait pas tourné après {waited_ms} ms"),
    "threads.eval": ("eval_js from a thread (median, longest)", "eval_js depuis un fil (médiane, maximum)"),
    "threads.eval.works": (
        "{eval_ms} ms; a call on the main thread {on_main_ms} ms",
        "{eval_ms} ms ; un appel sur le fil principal {on_main_ms} ms",
    ),
    "threads.eval.hangs": ("hangs", "reste bloqué"),
    "threads.eval.fails": ("fails: {eval} {two}", "échoue : {eval} {two}"),
    #
    "midi": ("MIDIPlayer", "MIDIPlayer"),
    "midi.todo": (
        "Plays some notes. Switch the mute switch off and turn the sound up a little.",
        "Joue quelques notes. Coupez le mode silencieux et montez un peu le son.",
    ),
    "midi.mute": (
        "Now switch the phone to silent, then tap Play. You are asked afterwards whether you heard it.",
        "Passez le téléphone en silencieux, puis touchez Jouer. On vous demandera si vous avez entendu.",
    ),
    "midi.heard": ("Did you hear the notes?", "Avez-vous entendu les notes ?"),
    "midi.call": (
        "If somebody can call you now: tap Play, take or refuse the call, come back. Else pass over.",
        "Si quelqu'un peut vous appeler : touchez Jouer, répondez ou refusez, revenez. Sinon, passez.",
    ),
    "midi.end": ("At the end of the file", "À la fin du fichier"),
    "midi.end.stays": ("current_time stays at the end", "current_time reste à la fin"),
    "midi.end.resets": ("current_time goes back to 0", "current_time revient à 0"),
    "midi.end.runs": ("current_time runs on past the end", "current_time continue après la fin"),
    "midi.end.short": ("never came to its end: {times}", "n'est jamais arrivé à la fin : {times}"),
    "midi.again": ("The same player again", "Le même lecteur à nouveau"),
    "midi.again.plays": ("plays from the start", "rejoue depuis le début"),
    "midi.again.rewound": ("plays once current_time is set to 0", "rejoue une fois current_time mis à 0"),
    "midi.again.never": ("does not play again", "ne rejoue pas"),
    "midi.mute.heard": ("is heard", "s'entend"),
    "midi.mute.unheard": ("is not heard", "ne s'entend pas"),
    "midi.call.resumes": ("stands still, then goes on: {call}", "s'arrête, puis reprend : {call}"),
    "midi.call.stops": ("stands still for good: {call}", "s'arrête pour de bon : {call}"),
    #
    "away": ("Away for {asked_s} s", "Absence de {asked_s} s"),
    "away.todo": (
        "Tap Start, go to the home screen, stay away for about {asked_s} s, and come back to Pythonista.",
        "Touchez Commencer, allez à l'écran d'accueil, revenez à Pythonista après environ {asked_s} s.",
    ),
    "away.frozen": ("Threads", "Fils d'exécution"),
    "away.frozen.frozen": (
        "away {away_s} s, of which they stood still for {frozen_s} s (steady clock: {steady_s} s)",
        "absent {away_s} s, dont {frozen_s} s à l'arrêt (horloge régulière : {steady_s} s)",
    ),
    "away.frozen.awake": (
        "away {away_s} s; they went on all the time",
        "absent {away_s} s ; ils ont tourné tout le temps",
    ),
    "away.accept": ("A listener held in accept()", "Un serveur tenu dans accept()"),
    "away.accept.works": ("still works", "fonctionne encore"),
    "away.accept.hangs": (
        "hangs without an error; a new client: {accept new client}",
        "reste bloqué sans erreur ; un nouveau client : {accept new client}",
    ),
    "away.accept.error": (
        "ended with {accept listener}; a new client: {accept new client}",
        "s'est terminé par {accept listener} ; un nouveau client : {accept new client}",
    ),
    "away.select": ("A listener watched as asyncio does", "Un serveur surveillé comme par asyncio"),
    "away.select.works": ("still works", "fonctionne encore"),
    "away.select.hangs": (
        "hangs without an error; a new client: {select new client}",
        "reste bloqué sans erreur ; un nouveau client : {select new client}",
    ),
    "away.select.error": (
        "ended with {select listener}; a new client: {select new client}",
        "s'est terminé par {select listener} ; un nouveau client : {select new client}",
    ),
    "away.connection": ("A connection that was open", "Une connexion qui était ouverte"),
    "away.connection.works": ("still works", "fonctionne encore"),
    "away.connection.hangs": ("hangs without an error", "reste bloquée sans erreur"),
    "away.connection.error": ("ended: {accept open connection}", "s'est terminée : {accept open connection}"),
    "away.port": ("The same port afterwards", "Le même port ensuite"),
    "away.port.works": ("can be opened again", "peut être rouvert"),
    "away.port.error": (
        "cannot: {accept same port}, {select same port}",
        "ne peut pas : {accept same port}, {select same port}",
    ),
    "lock": ("Locked for {asked_s} s", "Verrouillé {asked_s} s"),
    "lock.todo": (
        "Tap Start, lock the phone by its side button, wait about {asked_s} s, and unlock it.",
        "Touchez Commencer, verrouillez le téléphone, attendez environ {asked_s} s, déverrouillez.",
    ),
    "lock.locked": ("The keychain while locked", "Le trousseau pendant le verrouillage"),
    "lock.locked.read": ("can be read", "se lit"),
    "lock.locked.none": ("reads as None", "se lit None"),
    "lock.locked.error": ("reads as {keychain_locked}", "se lit {keychain_locked}"),
}


if __name__ == "__main__":
    main()
