# mypy: ignore-errors
import asyncio

import openai


def question(text):
    return [{"role": "user", "content": text}]


async def main():
    answer = await openai.ChatCompletion.acreate(model="gpt-4.1-mini", messages=question("Hello"))
    print(answer["choices"][0]["message"]["content"])

    async for chunk in await openai.ChatCompletion.acreate(
        model="gpt-4.1-mini", messages=question("Was kostet das?"), stream=True
    ):
        print(chunk["choices"][0]["delta"].get("content", ""), end="|")
    print()

    both = await asyncio.gather(
        *(openai.ChatCompletion.acreate(model="gpt-4o", messages=question(text)) for text in ("Hi", "Bye"))
    )
    print([one.choices[0].message.content for one in both])

    # a blocking call inside a running loop worked in 0.27, too
    print(
        openai.ChatCompletion.create(model="gpt-4.1-mini", messages=question("Merci"))
        .choices[0]
        .finish_reason
    )

    try:
        await openai.ChatCompletion.acreate(model="no-such-model", messages=question("Hello"))
    except openai.error.InvalidRequestError as error:
        print(error.http_status, error.code)


asyncio.run(main())
