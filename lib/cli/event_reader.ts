/** What a stream of server-sent events says. @module */

/** Longer ones are none of ours. */
const MAX_LINE = 1 << 20;

export interface ServerEvent {
  readonly id: number | undefined;
  readonly type: string;
  readonly data: string;
}

/**
 * Reads events as they come, comments left out. Ends with the stream. Throws `RangeError` where a
 * line is endless.
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent, void, undefined> {
  let event = new Draft();
  for await (const line of readLines(chunks)) {
    if (line !== "") {
      event.add(line);
      continue;
    }
    if (event.data !== undefined) yield event.finish(event.data);
    event = new Draft();
  }
}

class Draft {
  data: string | undefined;
  #id: number | undefined;
  #type = "message";

  add(line: string): void {
    const [, field, value = ""] = /^([a-z]+):? ?(.*)$/s.exec(line) ?? [];
    if (field === "data") this.data = this.data === undefined ? value : `${this.data}\n${value}`;
    if (field === "event") this.#type = value;
    if (field === "id" && /^\d+$/.test(value)) this.#id = Number(value);
  }

  finish(data: string): ServerEvent {
    return { id: this.#id, type: this.#type, data };
  }
}

async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) throw new RangeError("A line of the events is too long");
    for (const line of lines) yield line.replace(/\r$/, "");
  }
}
