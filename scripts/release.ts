/**
 * Makes everything that a release consists of, from the commit that is checked out, and says plainly
 * what it could not make:
 *
 *     deno task release [--out dist]
 *
 * Binaries as `deno task build` makes them, Debian packages and container images for amd64 and arm64,
 * `LICENCES.txt`, the bill of materials, `SHA256SUMS` of all of them, and `RELEASE_NOTES.md` from the
 * commits since the last tag. Nothing is uploaded or tagged. What is not committed is refused.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { makeRelease } from "./package/release.ts";
import { sizeInWords } from "./package/release_notes.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });

try {
  const { files, missing } = await makeRelease({
    top: fileURLToPath(new URL("../", import.meta.url)),
    tools: fileURLToPath(new URL("tools", import.meta.url)),
    out: values.out,
    say: (line) => console.error(line),
  });
  for (const { name, bytes, about } of files) {
    console.log(`${name.padEnd(32)} ${sizeInWords(bytes).padStart(9)}   ${about}`);
  }
  for (const { name, problem } of missing) console.log(`${name.padEnd(32)} not built: ${problem}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
