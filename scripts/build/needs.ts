/** What a binary needs of the machine it is copied to, in words. @module */
import type { ElfNeeds } from "./elf.ts";
import type { Target } from "./targets.ts";

/** Packages that have what musl itself has not. */
const MUSL_CPP =
  "libstdc++.so.6 of GCC 12 or later (OpenWrt: libstdcpp6, libgcc1; Alpine: libstdc++)";

/** `elf` is `undefined` where the target is no Linux. */
export function describeNeeds(target: Target, elf: ElfNeeds | undefined): string {
  if (elf === undefined) return `${target.name.replace(/-.*/, "")}, not run by any test`;
  const glibc = elf.versions.get("GLIBC");
  const others = elf.libraries.filter((name) =>
    !/^(libc|ld-linux|libpthread|libdl|libm)\b/.test(name)
  );
  const needs = [glibc === undefined ? "musl" : `glibc ${glibc} or later`];
  for (const name of others) {
    needs.push(name === "libstdc++.so.6" && glibc === undefined ? MUSL_CPP : name);
  }
  return needs.join(", ");
}
