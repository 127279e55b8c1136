"""The model calls a Python function, reads its result and answers."""

from livetechno import Chat


def step_seconds(bpm: float, steps: int = 1) -> str:
    """How long a number of sixteenth-note steps last, in seconds, at a tempo in beats per minute."""
    return f"{60 / bpm / 4 * steps:.4f}"


chat = Chat(tools=[step_seconds])
print(chat.ask("At 140 bpm, how many seconds do 16 steps last?"))
