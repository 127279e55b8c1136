# mypy: ignore-errors
import os

import openai
from openai.error import APIError, InvalidRequestError, OpenAIError, RateLimitError, Timeout

openai.api_key = os.environ["OPENAI_API_KEY"]
question = [{"role": "user", "content": "Hello"}]


def tell(error):
    print(
        type(error).__name__,
        error.http_status,
        isinstance(error, OpenAIError),
        isinstance(error, APIError),
        isinstance(error, Timeout),
        isinstance(error, openai.InvalidRequestError),
        type(error).__mro__[1].__name__,
    )


# the server plays one fault after the other
for _ in range(int(os.environ["FAULTS"])):
    try:
        openai.ChatCompletion.create(model="gpt-4.1-mini", messages=question)
        print("no error")
    except RateLimitError as error:
        tell(error)
        print(str(error), error.user_message, error.json_body["error"]["code"])
    except InvalidRequestError as error:
        tell(error)
        print(str(error), error.param, error.code, error.json_body["error"]["message"])
    except (openai.error.AuthenticationError, openai.error.PermissionError) as error:
        tell(error)
        print(str(error))
    except OpenAIError as error:
        tell(error)

try:
    openai.ChatCompletion.create(model="no-such-model", messages=question)
except InvalidRequestError as error:
    print(error.http_status, error.code, error)
try:
    openai.ChatCompletion.create(messages=question)
except InvalidRequestError as error:
    print("no model", error.http_status)
