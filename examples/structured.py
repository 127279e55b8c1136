"""An answer that follows a JSON Schema, read and checked."""

from livetechno import Chat

PATTERN = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "bpm": {"type": "integer", "minimum": 60, "maximum": 200},
        "kick": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 15},
            "minItems": 1,
            "maxItems": 16,
        },
    },
    "required": ["name", "bpm", "kick"],
    "additionalProperties": False,
}

chat = Chat(model="patterns", schema=PATTERN)
chat.ask("A driving techno kick: a name, the tempo, and the sixteenth-note steps (0 to 15) that sound.")
pattern = chat.last.parsed
print(f"{pattern['name']} at {pattern['bpm']} bpm")
print("".join("x" if step in pattern["kick"] else "." for step in range(16)))
