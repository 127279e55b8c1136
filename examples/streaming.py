"""An answer piece by piece, then what it cost in tokens."""

from livetechno import Chat

chat = Chat("You answer in two sentences.", max_tokens=2000)
for piece in chat.stream("What is swing, and where does it come from?"):
    print(piece, end="", flush=True)

print()
if chat.last and chat.last.usage:
    print(
        f"[{chat.last.model}: {chat.last.usage.input_tokens} tokens in, {chat.last.usage.output_tokens} out]"
    )
