# mypy: ignore-errors
import time

import openai
from openai.error import APIError, RateLimitError, Timeout


def answer_with_patience(messages, model="gpt-4.1-mini", tries=3):
    for attempt in range(tries):
        try:
            answer = openai.ChatCompletion.create(model=model, messages=messages, timeout=30)
            return answer["choices"][0]["message"]["content"]
        except RateLimitError:
            if attempt == tries - 1:
                print("Still too many requests.")
                return None
            pause = 2**attempt / 100
            print(f"Too many requests; waiting {pause} s")
            time.sleep(pause)
        except Timeout:
            print(f"Too slow ({attempt + 1} of {tries})")
        except APIError as error:
            print("The API failed:", error.http_status)
            return None
    return None


hello = [{"role": "user", "content": "Hello"}]
print(answer_with_patience(hello))
print(answer_with_patience(hello))
print(answer_with_patience(hello))
