import { overwriteFile } from "../io/file_appender.ts";
import type { World } from "../io/types.ts";
import { Bundle, type BundleRequest } from "../recorder/bundle.ts";

/** What is being written down while a camera is examined. */
export interface BundleFile {
  /** The world to examine it in. */
  readonly world: World;
  /** Something was found. */
  add(finding: object): void;
  /** Writes the file; resolves with how long it is. Rejects with `FileError`. */
  write(): Promise<number>;
}

/** Begins a bundle. Rejects with `FileError`. */
export async function startBundle(
  path: string,
  request: BundleRequest,
  world: World,
): Promise<BundleFile> {
  // Before anything is examined: a file that cannot be had is known at once.
  await overwriteFile(path, new Uint8Array(0));
  const bundle = new Bundle(request, world);
  return {
    world: bundle.world,
    add: (finding) => bundle.add(finding),
    async write() {
      const bytes = new TextEncoder().encode(bundle.write());
      await overwriteFile(path, bytes);
      return bytes.byteLength;
    },
  };
}
