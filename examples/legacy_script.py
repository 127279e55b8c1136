"""Code written for openai 0.27, unchanged after the first two lines.

A whole file runs untouched with `python -m livetechno.gpt.legacy FILE`.
"""

from livetechno.gpt import legacy

legacy.install()

import openai  # noqa: E402 - ours, from here on
from openai.error import OpenAIError  # noqa: E402

messages = [
    {"role": "system", "content": "You are a patient teacher."},
    {"role": "user", "content": "Show me a script"},
]
try:
    reply = openai.ChatCompletion.create(model="gpt-4.1-mini", messages=messages, temperature=0.7, timeout=60)
    print(reply["choices"][0]["message"]["content"])

    messages.append(reply["choices"][0]["message"])
    messages.append({"role": "user", "content": "Thank you!"})
    for chunk in openai.ChatCompletion.create(model="gpt-4.1-mini", messages=messages, stream=True):
        print(chunk["choices"][0]["delta"].get("content", ""), end="", flush=True)
    print()
except OpenAIError as error:
    print("No answer:", error)
