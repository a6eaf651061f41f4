/**
 * The log, as the parts of the program see it: a few levels, a message and fields.
 *
 * The sink decides where records go and what they look like (`lib/cli/log_sink.ts`). Protocol
 * machines do not log at all; they emit events.
 *
 * @module
 */

export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Values a field may have; anything secret has a type whose string form is `***`. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one record. */
export type LogSink = (level: LogLevel, message: string, fields: LogFields) => void;

export class Log {
  readonly #sink: LogSink;
  readonly #fields: LogFields;

  constructor(sink: LogSink, fields: LogFields = {}) {
    this.#sink = sink;
    this.#fields = fields;
  }

  /** A log whose records all carry `fields` too. */
  with(fields: LogFields): Log {
    return new Log(this.#sink, { ...this.#fields, ...fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.#write("error", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#write("warn", message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#write("info", message, fields);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#write("debug", message, fields);
  }

  trace(message: string, fields: LogFields = {}): void {
    this.#write("trace", message, fields);
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    this.#sink(level, message, { ...this.#fields, ...fields });
  }
}

/** A log that goes nowhere. */
export const silentLog: Log = new Log(() => {});
