# mypy: ignore-errors
import openai

pieces = []
finish = None
for chunk in openai.ChatCompletion.create(
    model="gpt-4.1-mini",
    messages=[{"role": "user", "content": "Montre-moi un script, s'il te plaît."}],
    stream=True,
):
    choice = chunk["choices"][0]
    if "content" in choice["delta"]:
        pieces.append(choice["delta"]["content"])
        print(choice["delta"]["content"], end="", flush=True)
    if chunk.choices[0].finish_reason:
        finish = chunk.choices[0].finish_reason

print()
print(pieces, finish, chunk["object"], chunk["model"])
