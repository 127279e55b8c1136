"""One question, one answer. Without a key Mock AI answers."""

from livetechno import ask

print(ask("Why does a 303 squelch?"))
