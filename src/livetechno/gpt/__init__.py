"""Talk to GPT. Knows nothing of music, servers, screens or storage."""

# Event loops need this module, and it refuses to be imported once the main thread has ended,
# while other threads of a script may still ask their first question.
import concurrent.futures.thread  # noqa: F401
