"""The wheel and all that it needs pass the rule of StaSh's pip, the shell that many have in Pythonista.

Its rule, read in `lib/stashutils/wheels.py` and `data/pip_blocklist.json` of ywangd/stash in 2026-11: a wheel
for Python 3 of any platform with no ABI, version 1 of the format; no requirement that it blocks.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from tools import vendoring
from tools.pythonista import PACKAGES, ROOT

BLOCKED = {"eventlet", "futures", "gevent", "grequests", "mypy", "pip", "pyobjc", "pyttsx3", "regex", "scipy"}
BLOCKED |= {"selenium", "stash", "tensorflow"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)
    (file,) = folder.glob("*.whl")
    return file


def is_compatible(name: str) -> bool:
    """Whether StaSh takes a wheel of this name."""
    python, abi, platform = name.removesuffix(".whl").split("-")[-3:]
    return (python.startswith("py3") or "py2.py3" in python) and (abi, platform) == ("none", "any")


def needs(metadata: Message) -> set[str]:
    """What StaSh would install along, on Python 3.10."""
    found = set()
    for requirement in metadata.get_all("Requires-Dist", []):
        name, _, marker = requirement.partition(";")
        if "extra ==" not in marker:
            found.add(re.split(r"[\s<>=!~\[(]", name.strip())[0].lower().replace("_", "-"))
    return found


def test_the_wheel_of_livetechno(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (about,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = message_from_string(archive.read(f"{about}/METADATA").decode())
        form = message_from_string(archive.read(f"{about}/WHEEL").decode())
    assert is_compatible(wheel.name)
    assert form["Wheel-Version"] == "1.0"
    assert needs(metadata) & BLOCKED == set()
    assert "aiohttp" in needs(metadata)


def test_the_wheels_of_all_that_it_needs() -> None:
    pure = vendoring.locked(ROOT / "requirements" / "pure.txt")
    run = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    refused = {}
    for name in (name for name in pure if f"\n{name}==" in run):
        about = PACKAGES / f"{name.replace('-', '_')}-{pure[name]}.dist-info"
        form = message_from_string((about / "WHEEL").read_text("utf-8"))
        metadata = message_from_string((about / "METADATA").read_text("utf-8"))
        tags = [str(tag) for tag in form.get_all("Tag", [])]
        if not any(map(is_compatible, tags)) or form["Wheel-Version"] != "1.0" or needs(metadata) & BLOCKED:
            refused[name] = tags, needs(metadata)
    assert refused == {}


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("a-1.0-py3-none-any.whl", True),
        ("a-1.0-1-py2.py3-none-any.whl", True),
        ("a-1.0-cp310-cp310-ios_13_0_arm64_iphoneos.whl", False),
        ("a-1.0-py3-none-manylinux_2_17_x86_64.whl", False),
        ("a-1.0-py2-none-any.whl", False),
    ],
)
def test_the_rule_itself(name: str, taken: bool) -> None:
    assert is_compatible(name) is taken
