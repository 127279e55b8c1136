# mypy: ignore-errors
import openai

messages = [{"role": "system", "content": "You are kind."}]

while True:
    try:
        text = input("You: ")
    except EOFError:
        break
    if text.strip().lower() in ("quit", "exit", "bye"):
        print("Bye.")
        break
    messages.append({"role": "user", "content": text})
    answer = openai.ChatCompletion.create(model="gpt-4.1-mini", messages=messages)
    reply = answer["choices"][0]["message"]["content"]
    print("Assistant:", reply)
    messages.append({"role": "assistant", "content": reply})

print(len(messages), "messages")
