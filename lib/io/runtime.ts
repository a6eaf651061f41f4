/** The runtime this program runs on and its version, e.g. `Deno 2.9.6`. */
export function runtimeName(): string {
  const { Deno, Bun } = globalThis as {
    Deno?: { version: { deno: string } };
    Bun?: { version: string };
  };
  if (Bun !== undefined) return `Bun ${Bun.version}`;
  if (Deno !== undefined) return `Deno ${Deno.version.deno}`;
  return "unknown runtime";
}
