"""A conversation on the console: Ctrl-C stops an answer and keeps what came; quit, exit or bye ends it."""

from livetechno import Chat
from livetechno.gpt.errors import GPTError

chat = Chat("You are a helpful studio partner. Answer in the language of the question.")

while True:
    try:
        question = input("You: ").strip()
    except (EOFError, KeyboardInterrupt):
        break
    if question.lower() in ("quit", "exit", "bye"):
        break
    if not question:
        continue
    print("Assistant: ", end="", flush=True)
    try:
        for piece in chat.stream(question):
            print(piece, end="", flush=True)
    except KeyboardInterrupt:
        print(" [stopped]", end="")
    except GPTError as error:
        # nothing was added to the conversation: the same question can be asked again
        print(error, end="")
    print()
