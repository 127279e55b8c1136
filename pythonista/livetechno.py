"""livetechno for Pythonista: a program, and a module.

RUN, it installs livetechno from livetechno.zip, which lies beside it, and starts it. Put a newer zip there
and run it again: that is an update. As arguments it knows

    uninstall     remove it; asks before your conversations, settings and keys go too
    previous      go back to the version that was there before

and hands all others on to livetechno.

IMPORTED, it is livetechno, in any script of yours:

    from livetechno import ask, Chat

Whatever ends it, and whenever, the old version or the new one works. In Documents:

    livetechno-files/0.1.0-1a2b3c4d/     a version; its last 8 signs tell what exactly is in it
    livetechno-files/current             which one is used, and which one was before
    site-packages/livetechno.py          this file once more, for scripts in other folders
"""

import base64
import hashlib
import importlib
import io
import json
import locale
import os
import re
import shutil
import sys
import tempfile
import zipfile
import zlib
from importlib.machinery import SourceFileLoader
from pathlib import Path

DOCUMENTS = Path.home() / "Documents"
FILES = DOCUMENTS / "livetechno-files"
COPY = DOCUMENTS / "site-packages" / "livetechno.py"
DATA = Path.home() / "Library" / "Application Support" / "livetechno"
ZIP = "livetechno.zip"
LARGEST = 50_000_000  # bytes that a zip may unpack to
ENDINGS = (
    ("livetechno.hosts.pythonista.running", "stop_all"),
    ("livetechno.gpt.legacy.module", "uninstall"),
    ("livetechno.gpt.background", "stop"),
    ("livetechno.app", "close_store"),
)
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, RuntimeError),
    *(ValueError, LookupError, TypeError, AttributeError),  # in the manifest
)
CARRIED = "\n# --- " + ZIP + " ---\n"  # after this line, livetechno_one.py carries the zip

SENTENCES = {
    "en": {
        "old_app": "livetechno needs Pythonista 3.4 or newer: this is Python {version}.",
        "no_zip": "livetechno.zip is not here. Put it beside this script, in {folder}, and run me again.",
        "broken": "livetechno.zip is damaged or not whole ({reason}): fetch it again. Nothing has changed.",
        "foreign": "livetechno.zip is another zip, not livetechno's. Nothing has changed.",
        "failed": "livetechno could not be installed: {reason}. Nothing has changed.",
        "installed": "livetechno {version} is installed. In your scripts: from livetechno import ask",
        "no_copy": "Only scripts beside livetechno.py can import it: {reason}.",
        "no_previous": "There is no previous version to go back to.",
        "back": "livetechno {version} is used again.",
        "not_installed": "livetechno is not installed: run livetechno.py once.",
        "ask_data": "Remove your conversations, settings and keys too? [y/N] ",
        "yes": "y",
        "removed": "livetechno is removed. You may delete livetechno.py and livetechno.zip now.",
        "data_stay": "Your conversations and settings stay in {folder}, and keys in the keychain.",
    },
    "fr": {
        "old_app": "livetechno a besoin de Pythonista 3.4 ou plus récent : ici, c’est Python {version}.",
        "no_zip": "livetechno.zip n’est pas là. Mets-le à côté de ce script, dans {folder}, et relance-moi.",
        "broken": "livetechno.zip est abîmé ou incomplet ({reason}) : télécharge-le encore. Rien n’a changé.",
        "foreign": "livetechno.zip est un autre zip, pas celui de livetechno. Rien n’a changé.",
        "failed": "livetechno n’a pas pu être installé : {reason}. Rien n’a changé.",
        "installed": "livetechno {version} est installé. Dans tes scripts : from livetechno import ask",
        "no_copy": "Seuls les scripts à côté de livetechno.py peuvent l’importer : {reason}.",
        "no_previous": "Il n’y a pas de version précédente à reprendre.",
        "back": "livetechno {version} sert de nouveau.",
        "not_installed": "livetechno n’est pas installé : lance livetechno.py une fois.",
        "ask_data": "Supprimer aussi tes conversations, réglages et clés ? [o/N] ",
        "yes": "o",
        "removed": "livetechno est supprimé. Tu peux effacer livetechno.py et livetechno.zip.",
        "data_stay": "Tes conversations et réglages restent dans {folder}, les clés dans le trousseau.",
    },
}


class InstallError(Exception):
    """A sentence for the person."""


def main(arguments: "list[str]") -> None:
    """Do what the file's first lines say."""
    if sys.version_info < (3, 10):  # noqa: UP036 - older apps read this file, too
        print(say("old_app", version=sys.version.split()[0]))
        return
    try:
        if arguments == ["uninstall"]:
            uninstall()
            return
        if arguments == ["previous"]:
            arguments = []
            go_back()
        else:
            update()
    except InstallError as error:
        tell(str(error))
    folder = in_use()
    if folder is not None:
        tidy()
        copy_starter(folder)
        start(folder, arguments)


# --- what is installed


def state() -> "dict[str, str]":
    """`current` and `previous` version, and `taken`, the one of the zip that was last installed."""
    try:
        found = json.loads((FILES / "current").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def in_use() -> "Path | None":
    """The folder of the version in use; the one before if that is gone; None when neither is there."""
    for name in ("current", "previous"):
        folder = FILES / state().get(name, "-")
        if (folder / "livetechno" / "__init__.py").is_file():
            return folder
    return None


def point(current: str, previous: str, taken: str) -> None:
    """Use another version, from one moment to the next."""
    put(FILES / "current", json.dumps({"current": current, "previous": previous, "taken": taken}).encode())


def put(path: Path, content: bytes) -> None:
    """Write a file that is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = FILES / (".new-" + path.name)
    part.write_bytes(content)
    part.replace(path)


def is_ours(name: str) -> bool:
    """Whether a folder of this name is a version, or one that is being unpacked."""
    return re.fullmatch(r"[\w.]+-[0-9a-f]{8}", name) is not None or name.startswith(".new-")


def tidy() -> None:
    """Remove versions older than the previous one, and what a run that was ended has left."""
    kept = set(state().values())
    for path in list(FILES.iterdir()):
        if is_ours(path.name) and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


# --- installing


def update() -> None:
    """Install the zip, unless it was the last that was installed. Raises InstallError."""
    try:
        packed = find_zip()
        if packed is None:
            if in_use() is None:
                raise InstallError(say("no_zip", folder=Path(__file__).parent.name))
            return
        with packed, zipfile.ZipFile(packed) as archive:
            install(archive)
    except BROKEN as error:
        raise InstallError(say("broken", reason=str(error) or type(error).__name__)) from None
    except OSError as error:
        raise InstallError(say("failed", reason=error.strerror or error)) from None


def find_zip() -> "io.BufferedIOBase | None":
    """The zip that this script carries, or that lies beside it."""
    carried = Path(__file__).read_text(encoding="utf-8").partition(CARRIED)[2]
    if carried:
        lines = (line[len("# ") :] for line in carried.splitlines())
        return io.BytesIO(base64.b64decode("".join(lines), validate=True))
    beside = Path(__file__).with_name(ZIP)
    return beside.open("rb") if beside.is_file() else None


def install(archive: zipfile.ZipFile) -> None:
    """Unpack a version beside the others, then use it. Raises InstallError; one of BROKEN; OSError."""
    if "manifest.json" not in archive.namelist():
        raise InstallError(say("foreign"))
    manifest = json.loads(archive.read("manifest.json"))
    version, digests = manifest["id"], manifest["files"]
    if manifest["name"] != "livetechno" or not is_ours(version):
        raise InstallError(say("foreign"))
    old = state()
    used = in_use()
    if old.get("taken") == version and used is not None:
        return
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
        raise ValueError(f"> {LARGEST:,} bytes")
    folder = FILES / version
    FILES.mkdir(parents=True, exist_ok=True)
    if used != folder:
        new = Path(tempfile.mkdtemp(dir=FILES, prefix=".new-"))
        try:
            unpack(archive, digests, new)
            if folder.exists():  # left by a run that was ended, or not whole any more
                shutil.rmtree(folder)
            new.rename(folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    previous = used.name if used is not None and used != folder else old.get("previous", "")
    point(version, previous, version)
    print(say("installed", version=version))


def unpack(archive: zipfile.ZipFile, digests: "dict[str, str]", folder: Path) -> None:
    """Write the files that the manifest names. Raises ValueError for one that is not what it says."""
    for name, digest in digests.items():
        content = archive.read(name)
        if hashlib.sha256(content).hexdigest() != digest or ".." in name or name[0] in "/\\":
            raise ValueError(name)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def copy_starter(folder: Path) -> None:
    """Let scripts in every folder import livetechno; a file of that name that is not ours stays."""
    try:
        wanted = (folder / "livetechno.py").read_bytes()
        found = COPY.read_bytes() if COPY.exists() else b""
        if found and not is_starter(found):
            print(say("no_copy", reason=COPY))
        elif found != wanted:
            put(COPY, wanted)
    except OSError as error:
        print(say("no_copy", reason=error))


def is_starter(content: bytes) -> bool:
    """Whether this is the text of a starter, of any version."""
    return content.startswith(b'"""livetechno for Pythonista')


def go_back() -> None:
    """Use the previous version, though the zip of the present one lies here. Raises InstallError."""
    now = state()
    if not (FILES / now.get("previous", "-") / "livetechno").is_dir():
        raise InstallError(say("no_previous"))
    point(now["previous"], now["current"], now["taken"])
    print(say("back", version=now["previous"]))


# --- starting


def start(folder: Path, arguments: "list[str]") -> None:
    """Start this version, in place of any other that runs in this interpreter."""
    loaded = sys.modules.get("livetechno")
    if loaded is None or list(getattr(loaded, "__path__", [])) != [str(folder / "livetechno")]:
        stop()
        importlib.invalidate_caches()
        sys.path.insert(0, str(folder))
        try:
            importlib.import_module("livetechno")
        finally:
            sys.path.remove(str(folder))
        end(*ENDINGS[0])  # what modules have left running that the app itself has forgotten
    importlib.import_module("livetechno.hosts.pythonista").main(arguments)


def end(name: str, function: str) -> None:
    """Call a function that ends something. A version's trouble with it does not keep another one away."""
    try:
        getattr(importlib.import_module(name), function)()
    except Exception as error:  # noqa: BLE001
        print(name, error)


def stop() -> None:
    """End what of livetechno runs in this interpreter, and forget its modules; nobody else's."""
    for name, function in ENDINGS:
        if name in sys.modules:
            end(name, function)
    for name in list(sys.modules):
        if name.split(".")[0] == "livetechno":
            del sys.modules[name]


def become_package() -> None:
    """Make of this module, which a script imports, the package that is in use. Raises ImportError."""
    folder = in_use()
    if folder is None:
        raise ImportError(say("not_installed"))
    package = folder / "livetechno"
    loader = SourceFileLoader(__name__, str(package / "__init__.py"))
    modules, module = sys.modules, sys.modules[__name__]
    spec = module.__spec__  # changed, not replaced: by it another thread sees that the import goes on
    assert spec is not None
    spec.loader, spec.origin, spec.cached = loader, loader.path, None
    spec.submodule_search_locations = module.__path__ = [str(package)]
    for name in list(vars(module)):
        if not name.startswith("__") and spec.name + "." + name not in modules:
            delattr(module, name)  # ours; what is loaded already stays, when the app imports us again
    module.__file__, module.__loader__, module.__package__ = loader.path, loader, module.__name__
    loader.exec_module(module)


# --- removing


def uninstall(data: "bool | None" = None) -> None:
    """Remove every version; conversations, settings and keys too if `data` is True. None asks."""
    if data is None:
        try:
            data = input(say("ask_data")).strip().lower().startswith(say("yes"))
        except EOFError:
            data = False
    stop()
    if data:
        forget_keys()
        shutil.rmtree(DATA, ignore_errors=True)
    if COPY.exists() and is_starter(COPY.read_bytes()):
        COPY.unlink()
    for folder in (COPY.parent, DOCUMENTS):
        for cached in folder.glob("__pycache__/livetechno.cpython-*"):
            cached.unlink()
    if FILES.exists():
        put(FILES / "current", b"{}")  # from here on there is none, however far the rest comes
        shutil.rmtree(FILES, ignore_errors=True)
    print(say("removed"))
    if DATA.exists():
        print(say("data_stay", folder=DATA))


def forget_keys() -> None:
    """Remove livetechno's keys from the app's keychain, and no other."""
    try:
        import keychain
    except ImportError:
        return
    for service, account in keychain.get_services():
        if service == "openai" and (account == "api_key" or account.startswith("http")):
            keychain.delete_password(service, account)


# --- telling


def say(key: str, **values: object) -> str:
    """A sentence in the person's language."""
    return SENTENCES[language()][key].format(**values)


def language() -> str:
    """`fr` or `en`: as `LIVETECHNO_LANG` chooses, else the device's first language."""
    chosen = os.environ.get("LIVETECHNO_LANG")
    if not chosen:
        try:
            from objc_util import ObjCClass

            chosen = str(ObjCClass("NSLocale").preferredLanguages()[0])
        except Exception:  # noqa: BLE001 - without the app, or whatever it raises
            chosen = locale.getlocale()[0]
    return "fr" if (chosen or "").lower().startswith("fr") else "en"


def tell(sentence: str) -> None:
    """Print a sentence, and in the app show it until it is read."""
    print(sentence)
    try:
        import console

        console.alert("livetechno", sentence, "OK", hide_cancel_button=True)
    except (ImportError, KeyboardInterrupt):
        pass


if __name__ == "__main__":
    main(sys.argv[1:])
elif __name__ == "livetechno":
    become_package()
