import { open } from "node:fs/promises";
import process from "node:process";
import { concatBytes } from "../bytes/bytes.ts";
import { FileError, type IoErrorCode, reasonOf } from "./errors.ts";

const CHUNK_BYTES = 65_536;

/**
 * The text of a UTF-8 file, without its byte order mark. Rejects with `FileError` when it cannot
 * be read, is no UTF-8 or has more than `maxBytes`.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  return await readText(`"${path}"`, fileChunks(path), maxBytes);
}

/** The same for standard input, read to its end. */
export async function readStdin(maxBytes: number): Promise<string> {
  return await readText("standard input", process.stdin, maxBytes);
}

/** Reads text from anything that yields bytes; `what` names it in errors. */
export async function readText(
  what: string,
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const bytes = await readBytes(what, chunks, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw fileError("not-text", what, "it must be UTF-8 text", error);
  }
}

async function readBytes(
  what: string,
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of chunks) {
      length += chunk.byteLength;
      if (length > maxBytes) break;
      parts.push(chunk);
    }
  } catch (error) {
    const [code, reason] = reasonOf(error);
    throw fileError(code, what, reason, error);
  }
  if (length <= maxBytes) return concatBytes(parts);
  throw fileError("too-large", what, `it must have at most ${maxBytes} bytes`);
}

/** The bytes of a file in pieces, each the receiver's own. Rejects with `FileError`. */
export async function* readFileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* fileChunks(path);
  } catch (error) {
    const [code, reason] = reasonOf(error);
    throw fileError(code, `"${path}"`, reason, error);
  }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function fileError(code: IoErrorCode, what: string, reason: string, cause?: unknown): FileError {
  return new FileError(code, `Cannot read ${what} as ${reason}`, cause);
}
