import { LOG_LEVELS, type LogFields, type LogLevel, type LogSink } from "../log/log.ts";

export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogSinkOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly writeLine: (line: string) => void;
}

/** A sink that writes one line a record, up to a level. */
export function createLogSink(options: LogSinkOptions): LogSink {
  const limit = LOG_LEVELS.indexOf(options.level);
  const format = options.format === "json" ? formatJson : formatText;
  return (level, message, fields) => {
    if (LOG_LEVELS.indexOf(level) > limit) return;
    const time = new Date(options.wallClock()).toISOString();
    options.writeLine(format(time, level, message, fields));
  };
}

function formatJson(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ time, level, message, ...fields });
}

function formatText(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${quoteIfNeeded(String(value))}`);
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join("")}`;
}

/** A value with spaces or control characters is quoted, so that a line stays one record. */
function quoteIfNeeded(value: string): string {
  return /^[\x21\x23-\x7e]+$/.test(value) ? value : JSON.stringify(value);
}
