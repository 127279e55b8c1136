"""The modules `openai` and `openai.error` of an older script, and their place in `sys.modules`."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from livetechno import words
from livetechno.gpt import keys
from livetechno.gpt.errors import UsageError
from livetechno.gpt.legacy import connection, error, notices
from livetechno.gpt.legacy.objects import OpenAIObject
from livetechno.gpt.legacy.resources import resources

VERSION = "0.27.2"
"""The version whose interface this is; Pythonista carries one of that line."""
_SETTINGS = {
    # not api_key and api_base: until a script sets them they follow the environment
    "api_key_path": None,
    "api_type": "open_ai",
    "api_version": None,
    "organization": None,
    "proxy": None,
    "app_info": None,
    "debug": False,
    "log": None,
    "verify_ssl_certs": True,
}


class OpenAIModule(ModuleType):
    """`openai` as of 0.27: ChatCompletion, Model, the errors and the settings.

    Until a script sets them, `api_key` and `api_base` answer from the environment. Its key is not held
    here: who lists the module's attributes does not see it.
    """

    def __getattr__(self, name: str) -> Any:
        if name == "api_base":
            return connection.default_base()
        if name == "api_key":
            return os.environ.get(keys.VARIABLE)
        raise AttributeError(words.say("legacy.no_attribute", name=name))

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} ({VERSION}, livetechno)>"


def install() -> OpenAIModule:
    """Register `openai` and `openai.error`, so that a script's `import openai` finds ours; returns it.

    Doing it twice changes nothing. Raises UsageError when another openai has been imported already.
    """
    present = sys.modules.get("openai")
    if isinstance(present, OpenAIModule):
        return present
    if present is not None:
        where = getattr(present, "__file__", None) or repr(present)
        raise UsageError(words.say("legacy.loaded", where=where), code="openai_loaded")
    module = _build()
    sys.modules["openai"], sys.modules["openai.error"] = module, module.error
    return module


def uninstall() -> None:
    """Take ours out of `sys.modules` again; another openai stays."""
    present = sys.modules.get("openai")
    if isinstance(present, OpenAIModule):
        for name in ("openai", "openai.error"):
            sys.modules.pop(name, None)
        notices.forget()


def _build() -> OpenAIModule:
    module = OpenAIModule("openai", OpenAIModule.__doc__)
    module.__spec__ = ModuleSpec("openai", None, is_package=True)
    module.__path__ = []
    errors = ModuleType("openai.error", error.__doc__)
    errors.__spec__ = ModuleSpec("openai.error", None)
    kinds = {
        name: kind
        for name, kind in vars(error).items()
        if isinstance(kind, type) and issubclass(kind, error.OpenAIError)
    }
    vars(errors).update(kinds)
    vars(module).update(
        _SETTINGS,
        __version__=VERSION,
        error=errors,
        OpenAIError=error.OpenAIError,
        APIError=error.APIError,
        InvalidRequestError=error.InvalidRequestError,
        OpenAIObject=OpenAIObject,
        **resources(module),
    )
    return module
