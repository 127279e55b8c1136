"""On PYTHONPATH, this turns any Python into the pure profile, and its child processes too.

Modules come from the standard library and from PYTHONPATH; nothing else that this machine has
installed is seen. A compiled module from outside the standard library is refused, as Pythonista does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, FrozenImporter, ModuleSpec, PathFinder
from types import ModuleType

STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))  # noqa: PTH100, PTH120 - pathlib is slow to load
OURS = {os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path}  # noqa: PTH100


def is_standard(path: str) -> bool:
    """Whether a file or folder belongs to the standard library."""
    return path.startswith(STANDARD_LIBRARY) and "-packages" not in path


class PureFinder(PathFinder):
    """Finds modules as Python does, and refuses compiled ones of third parties."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As PathFinder; raises ImportError for a compiled module from outside the standard library."""
        spec = super().find_spec(fullname, path, target)
        if spec and isinstance(spec.loader, ExtensionFileLoader) and not is_standard(spec.origin or ""):
            raise ImportError(f"pure profile: {fullname} is compiled ({spec.origin})", name=fullname)
        return spec


sys.path[:] = [path for path in sys.path if path in OURS or is_standard(path) or path.endswith(".zip")]
sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PureFinder]
