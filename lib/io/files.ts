import { copyFile, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { FileError, reasonOf } from "./errors.ts";

/**
 * Replaces a file in one step: whoever looks finds the old one or the new one, and a failure on the
 * way changes nothing. Rejects with `FileError`.
 */
export async function writeFileAtomically(
  path: string,
  text: string,
  mode: number,
): Promise<void> {
  await replace(path, mode, async (temporary) => {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  });
}

/** The same with the contents of another file; a program that runs goes on with the old one. */
export async function copyFileAtomically(from: string, path: string, mode: number): Promise<void> {
  await replace(path, mode, (temporary) => copyFile(from, temporary));
}

/** Makes a folder, and those it lies in, unless it is there. Rejects with `FileError`. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  await attempt("make folder", path, async () => {
    await mkdir(path, { recursive: true, mode });
  });
}

/** Removes a file, or a folder with all in it. Harmless where there is none. Rejects with `FileError`. */
export async function removePath(path: string): Promise<void> {
  await attempt("remove", path, () => rm(path, { recursive: true, force: true }));
}

/** Whether there is anything at that path that we are told of. */
export async function pathExists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}

async function replace(
  path: string,
  mode: number,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.new`;
  await attempt("write", path, async () => {
    await rm(temporary, { force: true });
    try {
      await write(temporary);
      const file = await open(temporary, "r");
      try {
        await file.chmod(mode);
        // Else a power cut soon after could leave the new name with nothing behind it.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

async function attempt(action: string, path: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const [code, reason] = reasonOf(error);
    throw new FileError(code, `Cannot ${action} "${path}" as ${reason}`, error);
  }
}
