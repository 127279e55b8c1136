"""Files that a person asked for: each of them whole, and none in place of another unless they said so."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write(files: Mapping[Path, bytes], *, replace: bool = False) -> None:
    """Write the files, readable by their owner only, and flush them to the disk.

    Without `replace`, one that is there already is a FileExistsError, and nothing is written; when another
    cannot be written (OSError), those that were made before it are removed again.
    """
    for path in files:
        if not replace:
            _see_that_it_is_new(path)
        elif path.exists() and not path.is_file():
            raise _about(path, errno.EISDIR if path.is_dir() else errno.EINVAL)
    made: list[Path] = []
    try:
        for path, data in files.items():
            _write(path, data, replace=replace)
            made.append(path)
    except BaseException:
        if not replace:
            for path in made:
                path.unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes, *, replace: bool) -> None:
    """Write one, under its name only once it is complete."""
    place = Path(os.path.realpath(path)) if replace else path  # a link stays one
    unfinished: Path | None = None
    try:
        # mkstemp creates with O_EXCL and 0600.
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        unfinished = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            unfinished.replace(place)
        else:
            _name_anew(unfinished, place)
    except OSError as error:
        raise _about(path, error.errno or errno.EIO) from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def _name_anew(unfinished: Path, path: Path) -> None:
    """Give it its name, unless that is taken meanwhile."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        _see_that_it_is_new(path)
        unfinished.rename(path)


def _see_that_it_is_new(path: Path) -> None:
    if os.path.lexists(path):
        raise _about(path, errno.EEXIST)


def _about(path: Path, number: int) -> OSError:
    """The error of that number, of the kind that belongs to it, about this file."""
    return OSError(number, os.strerror(number), str(path))
