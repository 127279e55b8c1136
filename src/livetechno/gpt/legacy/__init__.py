"""Scripts written for openai 0.27, unchanged, through livetechno's own client.

    from livetechno.gpt import legacy

    legacy.install()
    import openai                       # ours: ChatCompletion, Model, openai.error

or, without touching the script: `python -m livetechno.gpt.legacy SCRIPT [ARGUMENTS]`.

A script that sets no key uses what this process would use anyway: the environment, a stored key, or
Mock AI. Model names past their end lead to their successors, as everywhere. Also here are helpers on
plain lists of messages.

    module.py       install, uninstall
    resources.py    ChatCompletion.create and acreate, Model.list
    requests.py     a script's arguments become a request;  objects.py: an answer becomes 0.27's
    connection.py   which key and which address
    error.py        the tree of errors of 0.27
    helpers.py      call_gpt_with_retry, call_api_async, count_tokens, estimate_cost
"""

from __future__ import annotations

from livetechno.gpt.history import summarize_old_messages, trim_history
from livetechno.gpt.legacy.helpers import call_api_async, call_gpt_with_retry, count_tokens, estimate_cost
from livetechno.gpt.legacy.module import install, uninstall
from livetechno.gpt.legacy.notices import LegacyWarning

__all__ = [
    "LegacyWarning",
    "call_api_async",
    "call_gpt_with_retry",
    "count_tokens",
    "estimate_cost",
    "install",
    "summarize_old_messages",
    "trim_history",
    "uninstall",
]
