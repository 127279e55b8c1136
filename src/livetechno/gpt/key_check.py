"""Trying a key before it is kept, with a call that costs nothing."""

from __future__ import annotations

from livetechno.gpt.client import Client
from livetechno.gpt.errors import AuthenticationError, GPTError
from livetechno.gpt.retry import Retry
from livetechno.gpt.secret import Secret
from livetechno.gpt.transport import Timeouts

PATIENCE = Timeouts(connect=4.0, first_byte=8.0, total=8.0)
"""How long a server may take to say whether it knows a key before the key is kept all the same."""


async def refused(secret: Secret, base_url: str) -> bool:
    """Whether the server says that it does not know this key; one that cannot be asked refuses none."""
    try:
        await Client(base_url=base_url, key=secret, timeouts=PATIENCE, retry=Retry(1)).list_models()
    except AuthenticationError:
        return True
    except GPTError:
        return False
    return False
