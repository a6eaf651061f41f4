import process from "node:process";

/** What is used of `process.stdout` and `process.stderr`. */
export interface TextSink {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: () => void): unknown;
}

/** What may wait for a reader that does not read, e.g. a pager; what comes after is dropped. */
const BACKLOG_CHARACTERS = 1 << 20;

/**
 * Writes lines without ever waiting or failing: one whose reader went away (`| head -1`) swallows
 * everything from then on, and one whose reader stalls drops lines.
 */
export class LineWriter {
  readonly #sink: TextSink;
  #waiting = 0;
  #dropped = 0;
  #closed = false;
  #flushed: (() => void)[] = [];

  constructor(sink: TextSink) {
    this.#sink = sink;
    sink.on("error", () => this.#closed = true);
  }

  /** Whether the reader has gone away, or the disk is full. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Lines nobody will see. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes `line` and a line feed. */
  writeLine(line: string): void {
    const text = `${line}\n`;
    if (this.#closed || this.#waiting + text.length > BACKLOG_CHARACTERS) {
      this.#dropped++;
      return;
    }
    this.#waiting += text.length;
    try {
      this.#sink.write(text, (error) => this.#written(text.length, error));
    } catch {
      // Deno writes to a file without waiting, and throws when the disk is full.
      this.#closed = true;
      this.#written(text.length);
    }
  }

  /** Resolves once every line is with the operating system, or its reader has gone away. */
  flush(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  #written(length: number, error?: Error | null): void {
    this.#waiting -= length;
    if (error) this.#closed = true;
    if (this.#waiting > 0) return;
    for (const resolve of this.#flushed.splice(0)) resolve();
  }
}

/** Results go to standard output, the log to standard error. */
export function openStdout(): LineWriter {
  return new LineWriter(process.stdout);
}

/** See `openStdout()`. */
export function openStderr(): LineWriter {
  return new LineWriter(process.stderr);
}
