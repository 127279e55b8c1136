# mypy: ignore-errors
import openai
from openai.error import OpenAIError, Timeout

question = [{"role": "user", "content": "Hello"}]
try:
    openai.ChatCompletion.create(model="gpt-4.1-mini", messages=question, request_timeout=0.3)
except Timeout as error:
    print(type(error).__name__, isinstance(error, OpenAIError), error.http_status)
