# mypy: ignore-errors
import asyncio
import os

import openai
from openai.error import APIError, RateLimitError, Timeout

openai.api_key = os.environ["OPENAI_API_KEY"]

conversation = [{"role": "system", "content": "You are brief."}]


def answer(messages, model="gpt-4.1-mini", tries=2):
    for _ in range(tries):
        try:
            reply = openai.ChatCompletion.create(
                model=model, messages=messages, max_tokens=16, temperature=0, seed=1, timeout=120
            )
            return reply["choices"][0]["message"]["content"]
        except (RateLimitError, Timeout):
            continue
        except APIError as error:
            print("The API failed:", error)
            return None
    return None


for question in ("Name a drum machine.", "Name another one."):
    conversation.append({"role": "user", "content": question})
    text = answer(conversation)
    print("Assistant:", text)
    conversation.append({"role": "assistant", "content": text})

streamed = ""
for chunk in openai.ChatCompletion.create(
    model="gpt-4.1-mini", messages=conversation[:2], max_tokens=16, temperature=0, seed=1, stream=True
):
    if "content" in chunk["choices"][0]["delta"]:
        streamed += chunk["choices"][0]["delta"]["content"]
print("streamed the same:", streamed == conversation[2]["content"])


async def main():
    reply = await openai.ChatCompletion.acreate(
        model="gpt-4.1-mini", messages=conversation[:2], max_tokens=16, temperature=0, seed=1
    )
    print("asynchronous the same:", reply.choices[0].message.content == streamed)
    print("counted:", reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens)


asyncio.run(main())
