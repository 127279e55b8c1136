"""Ask without waiting, as a program with a screen must: the answer comes to a function of yours.

It is called from another thread; a user interface hands it on to its own (in Pythonista: `ui.delay`).
"""

import time

from livetechno import Chat


def show(answer: str) -> None:
    print("\nAnswer:", answer)


def complain(error: Exception) -> None:
    print("\nNo answer:", error)


handle = Chat().ask_in_background("What is swing?", show, complain)
try:
    while not handle.done:
        print(".", end="", flush=True)  # the screen stays alive
        time.sleep(0.1)
except KeyboardInterrupt:
    handle.cancel()  # the server stops, too, and neither function is called
    print("\nStopped.")
