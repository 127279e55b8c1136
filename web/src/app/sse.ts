/** Server-sent events out of text that arrives in pieces, per the HTML standard. */

export interface ServerSentEvent {
  type: string;
  data: string;
  id: string;
}

export class ServerSentEvents {
  private rest = "";
  private type = "";
  private data: string[] = [];
  private id = "";

  /** The events that this piece of text completes. */
  read(text: string): ServerSentEvent[] {
    const held = this.rest + text;
    // a carriage return at the end may be half of a line's end
    const whole = held.endsWith("\r") ? held.slice(0, -1) : held;
    const lines = whole.split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + held.slice(whole.length);
    return lines.flatMap((line) => this.line(line) ?? []);
  }

  private line(line: string): ServerSentEvent | undefined {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.type = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return undefined;
  }

  private dispatch(): ServerSentEvent | undefined {
    const event = { type: this.type || "message", data: this.data.join("\n"), id: this.id };
    const empty = this.data.length === 0;
    this.type = "";
    this.data = [];
    return empty ? undefined : event;
  }
}
