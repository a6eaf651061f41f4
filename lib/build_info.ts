/** What a binary says of itself. @module */

export interface BuildInfo {
  /** Full hash of the commit; `+changes` behind it when there were any. */
  readonly commit: string;
  /** When the commit was made, in UTC: `2026-01-31T12:00:00Z`. */
  readonly date: string;
  readonly tool: "bun" | "deno";
  /** The machine it was built for, e.g. `linux-arm64-musl`. */
  readonly target: string;
}

/** `undefined` when the program runs from its sources: `scripts/build.ts` writes it. */
export const buildInfo: BuildInfo | undefined = undefined;
