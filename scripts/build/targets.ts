/** The machines binaries are built for, and what each toolchain calls them. @module */

export interface Target {
  /** As in the file's name: `sightline-linux-arm64-musl`. */
  readonly name: string;
  /** What the file's header must say; `undefined` where it is no ELF file. */
  readonly elf: "x64" | "arm64" | undefined;
  /** Name of `@oven/bun-…`, the npm package of Bun's runtime. */
  readonly bun: string;
  /** Deno's name for it; it has no runtime for musl. */
  readonly deno: string | undefined;
  readonly suffix: "" | ".exe";
}

export const TARGETS: readonly Target[] = [
  unix("linux-x64", "x64", "linux-x64", "x86_64-unknown-linux-gnu"),
  unix("linux-arm64", "arm64", "linux-aarch64", "aarch64-unknown-linux-gnu"),
  unix("linux-x64-musl", "x64", "linux-x64-musl", undefined),
  unix("linux-arm64-musl", "arm64", "linux-aarch64-musl", undefined),
  unix("darwin-x64", undefined, "darwin-x64", "x86_64-apple-darwin"),
  unix("darwin-arm64", undefined, "darwin-aarch64", "aarch64-apple-darwin"),
  {
    name: "windows-x64",
    elf: undefined,
    bun: "windows-x64",
    deno: "x86_64-pc-windows-msvc",
    suffix: ".exe",
  },
];

/** The target this runs on, or `undefined` where there is none for it. Deno runs on no musl. */
export function hostTarget(
  { platform, arch }: { readonly platform: string; readonly arch: string },
): Target | undefined {
  const name = `${platform === "win32" ? "windows" : platform}-${arch}`;
  return TARGETS.find((target) => target.name === name);
}

function unix(name: string, elf: Target["elf"], bun: string, deno: string | undefined): Target {
  return { name, elf, bun, deno, suffix: "" };
}
