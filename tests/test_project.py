"""The project as it is handed out: the wheel, the locks, the start, what is in the repository."""

from __future__ import annotations

import ast
import hashlib
import importlib.machinery
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import livetechno

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
SLOW_TO_LOAD = {"aiohttp", "asyncio", "plotext", "prompt_toolkit", "pygments", "rich", "sqlite3", "ssl"}
"""What `--help` does without, so that it is there at once."""

GUIDE_FILES = ("LICENSE", "SOURCE.txt", "ATTRIBUTION.md")
"""What goes along with the data of MIDI Guide, whose licence is another one than ours."""
PAGE_FILES = (".html", ".js", ".css", ".svg", ".png", ".json")


def python(code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_is_pure_and_carries_its_data_and_its_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert wheel.name == f"livetechno-{livetechno.__version__}-py3-none-any.whl"
    assert {
        "livetechno/__init__.py",
        "livetechno/py.typed",
        "livetechno/words/en.json",
        "livetechno/words/fr.json",
        "livetechno/gpt/data/models.json",
        "livetechno/server/page/index.html",
        "livetechno/server/page/gpt-chat.js",
        f"livetechno-{livetechno.__version__}.dist-info/licenses/LICENSE",
    } <= names


def test_the_wheel_holds_every_source_and_nothing_that_runs_by_itself(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources
    known = (
        ".py",
        ".json",
        ".sql",
        "py.typed",
        "/METADATA",
        "/WHEEL",
        "/RECORD",
        "/entry_points.txt",
        "/server/bridge.js",
        "/LICENSE",
    )
    page = {name for name in names if name.startswith("livetechno/server/page/")}
    assert [name for name in page if not name.endswith(PAGE_FILES)] == []
    guide = {name for name in names if name.startswith("livetechno/music/machines/midi_guide/")}
    assert [name for name in guide if not name.endswith((".csv", *GUIDE_FILES))] == []
    assert {name.rpartition("/")[2] for name in guide} >= {*GUIDE_FILES}
    assert [name for name in names - page - guide if not name.endswith(known)] == []
    assert not [name for name in names if name.endswith(".pth")]


def test_the_wheel_is_the_same_bytes_each_time(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=True)
    again = tmp_path / wheel.name
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_the_version_is_said_once_and_the_same() -> None:
    said = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert said is not None
    assert said[1] == livetechno.__version__


# --- the locks


def entries(lock: str) -> list[tuple[str, list[str]]]:
    """Each requirement of a lock with its hashes."""
    joined = re.sub(
        r"\\\n\s*", " ", "\n".join(line for line in lock.splitlines() if not line.startswith("#"))
    )
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split("--hash=")[0].strip(), re.findall(r"--hash=(\S+)", line)) for line in lines]


def test_there_is_a_lock_for_each_use() -> None:
    names = ("run", "build", "dev", "pure", "phone", "legacy-sdk", "litellm", "window")
    assert {lock.name for lock in LOCKS} == {f"{name}.txt" for name in names}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_package_of_a_lock_is_pinned_and_hashed_and_has_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    found = entries(text)
    assert found
    for requirement, hashes in found:
        assert re.match(r"[a-z0-9-]+==[\w.]+( ; .+)?$", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement
    assert "://" not in text


def test_the_pure_lock_pins_what_people_run_on_python_3_10() -> None:
    run = dict(entries((ROOT / "requirements" / "run.txt").read_text("utf-8")))
    wanted = {
        requirement.split(" ; ")[0]
        for requirement in run
        if " ; " not in requirement or "< '3.1" in requirement  # all that is older than a newer Python
    }
    pure = {
        requirement for requirement, _ in entries((ROOT / "requirements" / "pure.txt").read_text("utf-8"))
    }
    assert wanted <= pure


def test_what_goes_to_the_phone_is_what_the_pure_profile_is_tested_with() -> None:
    text = {name: (ROOT / "requirements" / f"{name}.txt").read_text("utf-8") for name in ("phone", "pure")}
    phone, pure = dict(entries(text["phone"])), dict(entries(text["pure"]))
    assert phone == {requirement: pure[requirement] for requirement in phone}


def test_what_pyproject_asks_for_is_in_the_lock() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = (\[.*?^\])", text, re.MULTILINE | re.DOTALL)
    assert listed is not None
    wanted = {re.split(r"[<>=;]", line)[0].strip() for line in ast.literal_eval(listed[1])}
    locked = {
        name.split("==")[0] for name, _ in entries((ROOT / "requirements" / "run.txt").read_text("utf-8"))
    }
    assert wanted <= locked


# --- the start


def test_importing_livetechno_loads_nothing_slow_and_opens_nothing() -> None:
    code = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: event.startswith("socket.") and opened.append(event))
import livetechno
print(sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[1:])), opened)
"""
    answer = python(code, *SLOW_TO_LOAD, "socket")
    assert (answer.stdout.strip(), answer.stderr) == ("[] []", "")


def test_help_loads_nothing_slow() -> None:
    code = """
import sys
slow = set(sys.argv[1:])
sys.argv = ["livetechno", "--help"]
from livetechno.cli import main
try:
    main()
finally:
    print(sorted({name.split(".")[0] for name in sys.modules} & slow), file=sys.stderr)
"""
    answer = python(code, *SLOW_TO_LOAD)
    assert answer.stderr.splitlines()[-1] == "[]", answer.stderr
    assert "Usage" in answer.stdout


def test_the_public_names_are_there_and_no_other_is_said_to_be() -> None:
    answer = python("from livetechno import Chat, ask; print(Chat.__name__, ask.__name__)")
    assert (answer.stdout.strip(), answer.stderr) == ("Chat ask", "")
    assert set(livetechno.__all__) == {"Chat", "ask", "__version__"}
    with pytest.raises(AttributeError, match="techno_button"):
        livetechno.techno_button  # noqa: B018


# --- what is in the repository

SECRETS = re.compile(
    r"""
      sk-(?!test-)[A-Za-z0-9_-]{20,}              # OpenAI's and its like
    | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_\w{30,}
    | AKIA[0-9A-Z]{16}
    | xox[abprs]-[0-9A-Za-z-]{20,}
    | AIza[0-9A-Za-z_-]{35}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    """,
    re.VERBOSE,
)
REGISTRIES = re.compile(
    r"files\.python(?:hosted)\.org|\bpy(?:pi)\.org/simple|--(?:extra-)?index-(?:url)|--find-(?:links)"
    r"|\bnex(?:us)\.|\barti(?:factory)"
)
MACHINE_PATHS = re.compile(r"(?<![\w./~-])/(?:work|root|tmp|home/\w+|Users/\w+)/[\w.]")


def tracked_files() -> list[Path]:
    """The files under git's care, with those about to be; skips where there is no git."""
    try:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git here")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file() and file != Path(__file__).resolve()]


@pytest.mark.parametrize(
    "pattern", [SECRETS, REGISTRIES, MACHINE_PATHS], ids=["secret", "registry", "machine path"]
)
def test_no_file_holds_a(pattern: re.Pattern[str]) -> None:
    found = [
        f"{file.relative_to(ROOT)}: {hit[0][:12]}..."
        for file in tracked_files()
        for hit in pattern.finditer(file.read_text("utf-8", errors="replace"))
    ]
    assert found == []


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=20, max_size=160))
def test_the_scan_sees_any_key_of_openais_form(secret: str) -> None:
    assert SECRETS.search(f'key = "sk-{"proj-" + secret}"')


@pytest.mark.parametrize(
    "line",
    [
        "see /root" + "/notes.txt",
        "cd /work" + "/main",
        'open("/home' + '/ana/key.json")',
        "/Users" + "/ana/x",
    ],
)
def test_the_scan_sees_a_path_of_one_machine(line: str) -> None:
    assert MACHINE_PATHS.search(line)


def test_no_large_file_and_no_key_file_is_in_the_repository() -> None:
    files = tracked_files()
    assert [file.name for file in files if file.stat().st_size > 500_000] == []
    assert [file for file in files if file.name in ("user_openai_key.json", ".env")] == []


# --- setting up


DEBIANS_WORDS = "The virtual environment was not created successfully because ensurepip is not available."


def test_setup_names_debians_package_when_python_cannot_make_environments(tmp_path: Path) -> None:
    (tmp_path / "venv.py").write_text(f"import sys; sys.exit({DEBIANS_WORDS!r})", encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "setup.py"), "run"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "VENV": str(tmp_path / "environment")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 2
    assert "apt install python3-venv" in answer.stderr
    assert f"python{sys.version_info.major}.{sys.version_info.minor}-venv" in answer.stderr
    assert not (tmp_path / "environment").exists()


def find_python(path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "find_python.sh")],
        env={"PATH": str(path), "HOME": str(path), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="make's shell")
def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "python3", "exit 127")
    program(tmp_path / "python3.13", f'exec "{sys.executable}" "$@"')
    assert find_python(tmp_path).stdout == "python3.13\n"


@pytest.mark.skipif(os.name == "nt", reason="make's shell")
def test_the_python_asked_for_is_taken_or_refused_and_no_other(tmp_path: Path) -> None:
    assert find_python(tmp_path, PYTHON=sys.executable).stdout == f"{sys.executable}\n"
    program(tmp_path / "old", "exit 1")
    refused = find_python(tmp_path, PYTHON="old")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "PYTHON=old" in refused.stderr


# --- the pure profile


def in_pure_profile(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT / "tools" / "pure"), str(folder)])
    return python(code, PYTHONPATH=paths, PYTHONNOUSERSITE="1")


def test_the_pure_profile_refuses_a_compiled_module_from_outside(tmp_path: Path) -> None:
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        (tmp_path / f"fast{suffix}").write_bytes(b"")
    answer = in_pure_profile("import fast", tmp_path)
    assert "ImportError: pure profile: fast is compiled" in answer.stderr


def test_the_pure_profile_keeps_the_compiled_modules_of_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import _json, _struct, math, ssl, zlib", encoding="utf-8")
    answer = in_pure_profile("import slow; print('fine')", tmp_path)
    assert (answer.stdout.strip(), answer.stderr) == ("fine", "")


def test_the_pure_profile_sees_nothing_else_that_is_installed(tmp_path: Path) -> None:
    answer = in_pure_profile("import sys, pytest", tmp_path)
    assert "No module named 'pytest'" in answer.stderr
