# mypy: ignore-errors
import threading

import openai

answers = {}


def ask(name):
    answer = openai.ChatCompletion.create(
        model="gpt-4.1-mini", messages=[{"role": "user", "content": f"My name is {name}. Hello!"}]
    )
    answers[name] = answer["choices"][0]["message"]["content"]


threads = [threading.Thread(target=ask, args=(name,)) for name in ("Ada", "Grace", "Delia", "Wendy")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for name in sorted(answers):
    print(name, answers[name])
