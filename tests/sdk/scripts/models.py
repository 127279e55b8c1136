# mypy: ignore-errors
import openai

models = openai.Model.list()
print(models["object"], len(models["data"]))
print(sorted(model["id"] for model in models["data"]))
print(models.data[0].object)
