# mypy: ignore-errors
import os

import openai

openai.api_key = os.environ["OPENAI_API_KEY"]

answer = openai.ChatCompletion.create(
    model="gpt-4.1-mini",
    messages=[
        {"role": "system", "content": "Vous répondez en français."},
        {"role": "user", "content": "Comment ranger ma clé ?"},
    ],
    temperature=0.7,
    top_p=0.9,
    frequency_penalty=0.0,
    presence_penalty=0.0,
)

print(answer["choices"][0]["message"]["content"])
print(answer.choices[0].message.content == answer["choices"][0]["message"]["content"])
print(answer["choices"][0]["message"]["role"], answer.choices[0].finish_reason, answer["object"])
print(answer["model"], answer.usage.prompt_tokens, answer["usage"]["total_tokens"])
print(isinstance(answer, dict), type(answer.to_dict()), len(answer["choices"]), sorted(answer["usage"])[0])
print(isinstance(answer["choices"], list), answer.get("nothing"), hasattr(answer, "nothing"))

short = openai.ChatCompletion.create(
    model="gpt-4.1-mini",
    messages=[{"role": "user", "content": "What is livetechno?"}],
    max_tokens=5,
    n=2,
    request_timeout=20,
)
print([choice["message"]["content"] for choice in short["choices"]], short.choices[1].index)
print(short.choices[0].finish_reason)
