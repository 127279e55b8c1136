// npm openai, unchanged, through livetechno's gateway: what each call gives, as lines of JSON.
const { OpenAI } = require(process.env.OPENAI_SDK);

const client = new OpenAI({ maxRetries: 0 });
const messages = [{ role: "user", content: "Hello" }];
const model = "gpt-4.1-mini";
const tell = (value) => console.log(JSON.stringify(value));

async function failing(call) {
  try {
    await call();
    tell("no error");
  } catch (error) {
    tell([error.constructor.name, error.status, error.code, error.param, typeof error.requestID]);
  }
}

(async () => {
  const whole = await client.chat.completions.create({ model, messages });
  tell(whole.choices[0].message.content);
  let text = "";
  let usage = null;
  const options = { include_usage: true };
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, stream_options: options })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  tell(text);
  tell([usage.prompt_tokens, usage.completion_tokens, whole.usage.completion_tokens]);

  const response = await client.responses.create({ model, input: "Hello" });
  tell(response.output_text);
  let delta = "";
  let last = "";
  for await (const event of await client.responses.create({ model, input: "Hello", stream: true })) {
    if (event.type === "response.output_text.delta") delta += event.delta;
    last = event.type;
  }
  tell([delta, last]);

  const listed = [];
  for await (const one of client.models.list()) listed.push(one.id);
  tell(listed);

  const stopped = await client.chat.completions.create({ model, messages, stream: true });
  for await (const chunk of stopped) {
    stopped.controller.abort();
    break;
  }

  await failing(() => new OpenAI({ apiKey: "lt-nobody", maxRetries: 0 }).models.list());
  await failing(() => client.chat.completions.create({ model: "gpt-4.1", messages }));
  await failing(() => client.chat.completions.create({ model, messages, store: true }));
  await failing(() => client.chat.completions.create({ model, messages, api_base: "http://evil.example" }));
})();
