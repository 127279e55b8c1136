/** What the API takes and gives (docs: GET /api/openapi.json). Money is a decimal string of dollars, null when unknown. */

export type Usd = string | null;

export interface Failure {
  code: string;
  message: string;
  request_id: string;
  retry_after: number | null;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
  [more: string]: unknown;
}

export interface Image {
  url: string;
  detail?: "low" | "high" | "auto" | null;
}

export interface About {
  model: string | null;
  usage: Usage | null;
  cost: Usd;
  finish: string | null;
  request_id: string | null;
  /** Its tokens were counted by livetechno, as it was stopped or cut. */
  estimated?: boolean | null;
}

export interface Message {
  id: string;
  parent: string | null;
  turn: string;
  place: number;
  role: "system" | "user" | "assistant" | "tool";
  text: string;
  images: Image[];
  tool_calls?: unknown[];
  partial: boolean;
  about: About | null;
  at: string;
  siblings: string[];
}

/** How answers are generated; what is not there is left to the model. */
export interface Parameters {
  temperature?: number;
  max_tokens?: number;
  [more: string]: unknown;
}

export interface Conversation {
  id: string;
  title: string;
  system: string;
  model: string;
  parameters: Parameters;
  made: string;
  changed: string;
  deleted: string | null;
  size: number;
  head: string | null;
  answer: string | null;
}

export interface Branch {
  head: string;
  size: number;
  in_use: boolean;
  last: string;
  at: string;
}

export interface Answer {
  id: string;
  conversation: string;
  question: string;
  state: "running" | "done" | "stopped" | "failed";
  text: string;
  seq: number;
  message: string | null;
  error: Failure | null;
  model: string;
}

/** What is stored changed, here or in another page or terminal. */
export interface Change {
  number: number;
  kind: string;
  object: string;
}

/** A step of a running answer. */
export interface AnswerEvent {
  id: string;
  conversation: string;
  seq: number;
  type: "start" | "delta" | "done" | "stopped" | "error";
  model?: string;
  text?: string;
  message?: Message;
  usage?: Usage | null;
  cost?: Usd;
  finish?: string | null;
  error?: Failure;
}

export interface Hello {
  change: number;
  answers: Answer[];
}

export interface Found {
  conversation: string;
  title: string;
  message: string;
  role: Message["role"];
  at: string;
  excerpt: string;
  /** Where the words stand in it: begin and end, in code points. */
  marks: [number, number][];
}

export interface Model {
  name: string;
  use: string[];
  context: number;
  max_output: number;
  efforts: string[];
  usd_per_million: Record<"input" | "cached" | "output", Usd> | null;
  ends: string | null;
  successor: string | null;
  [more: string]: unknown;
}

export interface Models {
  aliases: Record<string, string>;
  models: Model[];
}

export interface Settings {
  mock: boolean;
  /** Mock AI is to answer although there is a key. */
  mock_chosen: boolean;
  language: "en" | "fr";
  base_url: string;
  key: KeyInUse | null;
  /** A key is kept where every script of the same app can read it. */
  keychain: boolean;
  model: string | null;
  retired: "replace" | "fail";
  strict: boolean;
  /** What a variable of the environment decides, whatever is chosen here. */
  fixed: ("base_url" | "model" | "mock")[];
  /** Files leave by the host, as its WebView saves none. */
  shares: boolean;
  version: string;
}

export interface KeyInUse {
  /** Empty when the key is too short to show any of it. */
  last4: string;
  where: string;
}

export interface KeyKept {
  key: KeyInUse;
  /** Another key that goes before it. */
  first: KeyInUse | null;
}

export interface Sum {
  calls: number;
  input_tokens: number;
  output_tokens: number;
  unknown: number;
  unpriced: number;
  unsettled: number;
  estimated: number;
  usd: string;
  at_worst: string;
}

export interface Costs {
  since: string;
  until: string;
  by: string[];
  totals: (Sum & { keys: string[] })[];
  total: Sum;
}

export interface Budget {
  budget: "day" | "month" | "conversation";
  cap: Usd;
  default: boolean;
  spent: string;
  reserved: string;
  left: Usd;
  frees: string | null;
}
