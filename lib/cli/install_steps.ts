/** Carries out the steps of an installation, or tells what they would do. @module */
import { join } from "node:path";
import {
  copyFileAtomically,
  makeFolder,
  pathExists,
  removePath,
  writeFileAtomically,
} from "../io/files.ts";
import { runProgram } from "../io/programs.ts";
import type { Duration } from "../machine.ts";
import type { Step } from "../service/install_plan.ts";
import { ExitCode, Failure } from "./exit_code.ts";

/** A daemon may take a while to end. */
const PATIENCE: Duration = 60_000;

export interface StepOptions {
  /** Instead of `/`: an image, whose service manager does not run. */
  readonly root: string;
  readonly print: (line: string) => void;
}

/** Does it and says so; steps that have nothing to do say nothing. */
export async function carryOut(
  steps: readonly Step[],
  { root, print }: StepOptions,
): Promise<void> {
  for (const step of steps) {
    const said = await perform(step, root);
    if (said !== undefined) print(said);
  }
}

/** Says what `carryOut()` would do, and what it would write. */
export async function rehearse(
  steps: readonly Step[],
  { root, print }: StepOptions,
): Promise<void> {
  for (const step of steps) {
    if (step.type === "run") {
      if (root === "/") print(`run     ${step.command.join(" ")}`);
      continue;
    }
    const path = join(root, step.path);
    const isThere = await pathExists(path);
    if (step.type === "remove") print(isThere ? `remove  ${path}` : `absent  ${path}`);
    else if (step.type === "folder") print(`${isThere ? "keep  " : "make  "}  ${path}`);
    else if (step.type === "copy") print(`write   ${path}, a copy of ${step.from}`);
    else if (step.keep === true && isThere) print(`keep    ${path}`);
    else {
      print(`write   ${path}`);
      for (const line of step.text.trimEnd().split("\n")) print(`        ${line}`.trimEnd());
    }
  }
}

async function perform(step: Step, root: string): Promise<string | undefined> {
  if (step.type === "run") return root === "/" ? await order(step) : undefined;
  const path = join(root, step.path);
  const isThere = await pathExists(path);
  switch (step.type) {
    case "folder":
      if (isThere) return undefined;
      await makeFolder(path, step.mode);
      return undefined;
    case "copy":
      if (step.from === path) return undefined;
      await copyFileAtomically(step.from, path, step.mode);
      return `${isThere ? "replaced" : "wrote"} ${path}`;
    case "file":
      if (step.keep === true && isThere) return `kept ${path}`;
      await writeFileAtomically(path, step.text, step.mode);
      return `${isThere ? "replaced" : "wrote"} ${path}`;
    case "remove":
      if (!isThere) return undefined;
      await removePath(path);
      return `removed ${path}`;
  }
}

async function order({ command, optional }: Extract<Step, { type: "run" }>): Promise<undefined> {
  const { code, stderr } = await runProgram(command, PATIENCE);
  if (code === 0 || optional === true) return undefined;
  const why = stderr.trim().split("\n").at(-1) ?? "";
  throw new Failure(
    ExitCode.usage,
    `"${command.join(" ")}" failed: ${why === "" ? `it ended with ${code}` : why}`,
    "Everything before it is done. Run it by hand to see more.",
  );
}
