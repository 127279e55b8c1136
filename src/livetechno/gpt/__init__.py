"""Talk to GPT. Knows nothing of music, servers, screens or storage."""
