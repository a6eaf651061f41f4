import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { concatBytes } from "../bytes/bytes.ts";
import { FileError, reasonOf } from "./errors.ts";

/** What waits for the disk at most; beyond it, bytes are refused. */
const MAX_WAITING = 8 << 20;

/** Nobody but the owner may read what is written here. */
const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;

/**
 * A file that grows, written in the background. Its name may be handed on to a new one on the way,
 * the old one being kept under another.
 */
export class FileAppender {
  readonly #path: string;
  readonly #onError: (error: FileError) => void;
  #file: FileHandle;
  /** Bytes, and the names the file is to be handed on by, in order. */
  readonly #waiting: (Uint8Array | string)[] = [];
  #waitingBytes = 0;
  #busy: Promise<void> | undefined;
  #failed = false;

  private constructor(path: string, file: FileHandle, onError: (error: FileError) => void) {
    this.#path = path;
    this.#file = file;
    this.#onError = onError;
  }

  /** Creates the file, or empties the one there is. Rejects with `FileError`. */
  static async create(path: string, onError: (error: FileError) => void): Promise<FileAppender> {
    try {
      return new FileAppender(path, await open(path, "w", PRIVATE), onError);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Takes bytes over to be written; false when too much waits already, or writing failed. */
  append(bytes: Uint8Array): boolean {
    if (this.#failed || this.#waitingBytes + bytes.byteLength > MAX_WAITING) return false;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    this.#busy ??= this.#write();
    return true;
  }

  /** What is appended from now on goes to a new file; the present one is kept as `path`. */
  rotate(path: string): void {
    this.#waiting.push(path);
    this.#busy ??= this.#write();
  }

  /** Resolves once everything is written, or could not be. */
  async close(): Promise<void> {
    while (this.#busy !== undefined) await this.#busy;
    await this.#file.close().catch(() => {});
  }

  async #write(): Promise<void> {
    // Once the caller is done: what is appended in one turn is written at once.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#failed) {
      const step = this.#takeStep();
      await this.#guard(() => typeof step === "string" ? this.#handOn(step) : this.#append(step));
    }
    this.#busy = undefined;
  }

  /** All the bytes up to the next change of files, or the name for that. */
  #takeStep(): Uint8Array | string {
    const end = this.#waiting.findIndex((step) => typeof step === "string");
    const [first] = this.#waiting;
    if (typeof first === "string") {
      this.#waiting.shift();
      return first;
    }
    const parts = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    const bytes = concatBytes(parts.filter((part) => typeof part !== "string"));
    this.#waitingBytes -= bytes.byteLength;
    return bytes;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#file.appendFile(bytes);
  }

  async #handOn(path: string): Promise<void> {
    await this.#file.close();
    await rename(this.#path, path);
    this.#file = await open(this.#path, "w", PRIVATE);
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    if (this.#failed) return;
    try {
      await action();
    } catch (error) {
      this.#failed = true;
      this.#onError(writeError(this.#path, error));
    }
  }
}

/** Writes a file nobody else may read, creating its folder. Rejects with `FileError`. */
export async function writePrivateFile(
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const path = `${folder}/${name}`;
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    await writeFile(path, bytes, { mode: PRIVATE });
  } catch (error) {
    // Half of it is of no use to anybody, least of all on a full disk.
    await rm(path, { force: true }).catch(() => {});
    throw writeError(path, error);
  }
}

/** Rejects with `FileError` where no file can be had in a folder, which is created. */
export async function checkPrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** What of a folder's files is kept. */
export interface Pruning {
  readonly files: number;
  /** Of all of them together; the last one is kept, whatever its size. */
  readonly bytes: number;
}

/** Removes all but the last files of a folder, in the order of their names. */
export async function pruneFiles(
  folder: string,
  pattern: RegExp,
  keep: Pruning,
): Promise<void> {
  try {
    const names = (await readdir(folder)).filter((name) => pattern.test(name)).sort().reverse();
    let total = 0;
    for (const [place, name] of names.entries()) {
      const path = `${folder}/${name}`;
      // One that somebody has just removed takes no room.
      total += (await stat(path).catch(() => ({ size: 0 }))).size;
      const isKept = place === 0 || place < keep.files && total <= keep.bytes;
      if (!isKept) await rm(path, { force: true });
    }
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** Puts bytes into a file in place of what is there; nobody else may read a new one. Rejects with `FileError`. */
export async function overwriteFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes, { mode: PRIVATE });
  } catch (error) {
    throw writeError(path, error);
  }
}

function writeError(path: string, error: unknown): FileError {
  const [code, reason] = reasonOf(error);
  return new FileError(code, `Cannot write "${path}" as ${reason}`, error);
}
