// <gpt-chat> with a backend of your own in Node.js 22. It asks through a livetechno that runs (`livetechno serve`), with
// an access key of its own, and never sees yours:
//
//   livetechno access create shop --budget 5/month        prints the key, once
//   npm install
//   OPENAI_BASE_URL=http://127.0.0.1:8787/v1 OPENAI_API_KEY=lt-... npm start
//
// The widget wants JSON: {"message": "..."}.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import OpenAI from "openai";

const SYSTEM = "You work in a shop for synthesisers. You answer its visitors in at most three sentences.";
const LARGEST = 100_000; // bytes of a conversation: who pays says how long it may be
const gateway = new OpenAI(); // OPENAI_BASE_URL and OPENAI_API_KEY say where, and with which key

const ROUTES = {
  "GET /": async () => ["text/html", await readFile(new URL("../page.html", import.meta.url))],
  "GET /gpt-chat.js": async () => {
    const script = await fetch(new URL("/gpt-chat.js", gateway.baseURL));
    return ["text/javascript", await script.text()];
  },
  "POST /chat": async (request) => ["application/json", JSON.stringify({ message: await answer(await read(request)) })],
};

/** What the model says to a conversation of a visitor's; what a system message says is ours alone. */
async function answer({ messages }) {
  const said = messages
    .filter(({ role }) => role === "user" || role === "assistant")
    .map(({ role, content }) => ({ role, content: String(content) }));
  if (said.at(-1)?.role !== "user") throw new SyntaxError("no question");
  const completion = await gateway.chat.completions.create({
    model: "chat",
    messages: [{ role: "system", content: SYSTEM }, ...said],
    max_completion_tokens: 500,
  });
  return completion.choices[0].message.content;
}

async function read(request) {
  let text = "";
  // only a page of our own may send this type
  if (request.headers["content-type"] !== "application/json") throw new SyntaxError("no JSON");
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > LARGEST) throw new SyntaxError("too long");
  }
  return JSON.parse(text);
}

/** Status, code and sentence for what went wrong; nothing of the server's own. */
function refusal(error) {
  if (error instanceof SyntaxError || error instanceof TypeError) return [400, "bad_request", "That is no conversation."];
  if (error instanceof OpenAI.RateLimitError) return [429, "rate_limited", "Too many questions. Try again in a minute."];
  console.error(error.message);
  return [503, "no_answer", "There is no answer now. Try again later."];
}

const server = createServer(async (request, response) => {
  try {
    const route = ROUTES[`${request.method} ${request.url}`];
    if (!route) return response.writeHead(404).end();
    const [type, body] = await route(request);
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8` }).end(body);
  } catch (error) {
    const [status, code, message] = refusal(error);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ error: { code, message } }));
  }
});
server.listen(process.env.PORT ?? 3000, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
