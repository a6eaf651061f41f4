/** Reads what `deno test` and `bun test` say about themselves. @module */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

export const NO_TESTS: Counts = { passed: 0, failed: 0 };

/** The totals of a whole run of either runner, or `undefined` where it never got that far. */
export function countTests(output: string): Counts | undefined {
  const deno = /\| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/.exec(output);
  if (deno !== null) return { passed: Number(deno[1]), failed: Number(deno[2]) };
  const passed = /^ *(\d+) pass$/m.exec(output)?.[1];
  const failed = /^ *(\d+) fail$/m.exec(output)?.[1];
  if (passed === undefined || failed === undefined) return undefined;
  return { passed: Number(passed), failed: Number(failed) };
}

/** The names of the tests that were skipped. */
export function skippedTests(output: string): string[] {
  const lines = output.matchAll(/^(?:\(skip\) (.+?)(?: \[[\d.]+ms\])?|(.+) \.\.\. ignored.*)$/gm);
  // Bun names them again at the end.
  return [...new Set(Array.from(lines, ([, bun, deno]) => bun ?? deno ?? ""))];
}

/** Whether the line says only that all is well: a test passed, or a file is begun. */
export function isGoodNews(line: string): boolean {
  return /^\((pass|skip)\)|^\S+_test\.ts:$|^running \d+ tests? from| \.\.\. (ok|ignored) \(\S+\)$/
    .test(line);
}
