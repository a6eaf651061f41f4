/** The licences of everything that is in a binary, as one text. @module */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export type Tool = "bun" | "deno";

/** What Bun links statically, by licence; from LICENSE.md of its repository, tag bun-v1.4. */
const BUN_LINKS = `\
Bun is under the MIT licence, copyright Oven and contributors: https://github.com/oven-sh/bun

It links these libraries statically:

  LGPL 2 or later   JavaScriptCore and other parts of WebKit
  LGPL 2.1          tinycc
  Apache 2.0        highway, simdutf, uSockets, uWebSockets (a fork), parts of TigerBeetle's IO code,
                    __cxa_thread_atexit of LLVM's libc++abi (with the LLVM exception)
  MIT               brotli, c-ares, libdeflate, libuv (on Windows), ls-hpack, ls-qpack, lsquic (parts
                    derived from Chromium: BSD 3-Clause), mimalloc, picohttpparser, uucode
  BSD               libbase64, libspng, libwebp, lol-html, zstd
  zlib              zlib-ng
  of their own      boringssl, ICU (Unicode licence), libarchive, libjpeg-turbo

The LGPL lets you replace the parts that are under it. The sources of WebKit as Bun has them are at
https://github.com/oven-sh/WebKit, those of tinycc at https://github.com/oven-sh/tinycc; LICENSE.md
in Bun's repository says how a changed one is linked. "deno task build" then makes this program of
the runtime that its lock file names, or of any other with bun build --compile-executable-path.`;

const DENO_LINKS = `\
Deno is under the MIT licence, copyright the Deno authors: https://github.com/denoland/deno

It links V8 (BSD 3-Clause, copyright the V8 project authors) and the Rust crates that Cargo.lock in
its repository names.`;

/** What each runtime is under, and the names of the texts that go with it. */
const RUNTIMES: Readonly<
  Record<Tool, { readonly says: string; readonly texts: readonly string[] }>
> = {
  bun: { says: BUN_LINKS, texts: ["LGPL-2.1", "Apache-2.0"] },
  deno: { says: DENO_LINKS, texts: [] },
};

/** Everything in binaries made by these tools. `checkout` has its packages installed. */
export async function licencesText(checkout: string, tools: readonly Tool[]): Promise<string> {
  const packages = await installedPackages(join(checkout, "node_modules"));
  const runtimes = tools.map((tool) => RUNTIMES[tool]);
  const texts = runtimes.flatMap((runtime) => runtime.texts);
  const sections = [
    ...await Promise.all(packages.map(packageSection)),
    ...runtimes.map(({ says }) => section("The runtime", says)),
    ...await Promise.all(texts.map((name) => textSection(checkout, name))),
  ];
  return `${sections.join("\n\n")}\n`;
}

async function textSection(checkout: string, name: string): Promise<string> {
  const path = join(checkout, "scripts", "build", "licences", `${name}.txt`);
  return section(name, await readFile(path, "utf8"));
}

interface InstalledPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author: string;
}

/** What is in a folder `node_modules`, and what some of that has in one of its own. */
async function installedPackages(modules: string): Promise<readonly InstalledPackage[]> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith(".")).sort();
  const found = await Promise.all(names.map(async (name) => {
    const folder = join(modules, name);
    if (name.startsWith("@")) return await installedPackages(folder);
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const { author = "its authors" } = manifest;
    const own = (await readdir(folder)).includes("node_modules");
    const nested = own ? await installedPackages(join(folder, "node_modules")) : [];
    return [{
      folder,
      name: String(manifest.name),
      version: String(manifest.version),
      license: String(manifest.license),
      author: String(typeof author === "string" ? author : author.name),
    }, ...nested];
  }));
  return found.flat();
}

async function packageSection(found: InstalledPackage): Promise<string> {
  const { folder, name, version, license, author } = found;
  const file = (await readdir(folder)).sort().find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined
    ? `Copyright ${author}. The package has no licence file; its package.json says ${license}.`
    : await readFile(join(folder, file), "utf8");
  return section(`${name} ${version}: ${license}`, text);
}

function section(title: string, text: string): string {
  return `${title}\n${"=".repeat(title.length)}\n\n${text.trim()}`;
}
