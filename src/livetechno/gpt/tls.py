"""Which certificates are trusted: the system's, else the ones that the package `certifi` carries."""

from __future__ import annotations

import os
import ssl
import sys
from functools import lru_cache
from pathlib import Path

from livetechno.gpt.errors import UsageError


def context() -> ssl.SSLContext:
    """The TLS context for every call: certificates and host names are always checked.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` take the place of the system's store. Where there is no
    store, and always in Pythonista, which has none, `certifi`'s is used. Raises UsageError when
    `SSL_CERT_FILE` names no readable certificates.
    """
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


def source() -> str:
    """Where trust comes from, in one word or path: for `livetechno doctor`."""
    chosen = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
    if chosen:
        return chosen
    return "certifi" if _system_is_empty() else "system"


@lru_cache(maxsize=4)
def _context(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    if cert_file or cert_dir:
        try:
            return ssl.create_default_context(cafile=cert_file or None, capath=cert_dir or None)
        except (OSError, ssl.SSLError) as error:
            reason = str(error)
        raise UsageError(f"SSL_CERT_FILE={cert_file}: {reason}", code="certificate_file")
    if _system_is_empty():
        import certifi

        return ssl.create_default_context(cafile=certifi.where())
    return ssl.create_default_context()


def _system_is_empty() -> bool:
    if "Pythonista" in sys.executable:
        return True
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return False
    # Windows and macOS keep certificates in a store of their own, which Python loads for us
    return not ssl.create_default_context().get_ca_certs()
