"""Plain HTTP with `requests`, which Pythonista carries: nothing of livetechno is needed.

The key comes from OPENAI_API_KEY, or from user_openai_key.json ({"api_key": "..."}) beside this file:
never from the code. OPENAI_BASE_URL names another server, MODEL another model.
"""

import json
import os
import sys
from pathlib import Path

try:
    import requests
except ImportError:
    sys.exit("This example needs the package requests, which Pythonista has; elsewhere: pip install requests")

OPENAI = "https://api.openai.com/v1"
BASE_URL = os.environ.get("OPENAI_BASE_URL", OPENAI).rstrip("/")
MODEL = os.environ.get("MODEL", "gpt-6-luna")
KEY_FILE = Path(__file__).with_name("user_openai_key.json")


def find_key():
    """The key for BASE_URL, or None. The one in the file is never sent to another address than its own."""
    if os.environ.get("OPENAI_API_KEY"):
        return os.environ["OPENAI_API_KEY"]
    if not KEY_FILE.exists():
        return None
    stored = json.loads(KEY_FILE.read_text(encoding="utf-8"))
    return stored["api_key"] if stored.get("base_url", OPENAI).rstrip("/") == BASE_URL else None


def ask(messages):
    """The answer's text. Raises requests.RequestException, or RuntimeError with the server's words."""
    key = find_key()
    response = requests.post(
        f"{BASE_URL}/chat/completions",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        json={"model": MODEL, "messages": messages},
        timeout=(10, 300),  # seconds to connect, and for the answer to begin
        allow_redirects=False,  # a key goes where it was meant to go
    )
    try:
        answer = response.json()
        if response.status_code == 200:
            return answer["choices"][0]["message"]["content"]
        problem = answer["error"]["message"]
    except (ValueError, KeyError, TypeError, IndexError):
        problem = "this is no answer of an OpenAI-compatible server"
    raise RuntimeError(f"HTTP {response.status_code}: {problem}")


if __name__ == "__main__":
    question = " ".join(sys.argv[1:]) or "Why does a 303 squelch?"
    try:
        print(ask([{"role": "user", "content": question}]))
    except (requests.RequestException, RuntimeError) as error:
        sys.exit(f"No answer: {error}")
