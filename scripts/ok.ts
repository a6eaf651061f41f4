/**
 * The gate: everything that must hold before a change goes in, one line for each step.
 *
 *     deno task ok                 all steps
 *     deno run -A scripts/ok.ts lint test:bun      steps whose names begin like this
 *
 * Three steps run at a time, as tests of the world mostly wait. A step's output is shown only when
 * it fails. The last line counts tests over both runtimes; a failed step that is not a test run
 * counts as one failure.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Counts, countTests, isGoodNews, NO_TESTS, skippedTests } from "./ok/counts.ts";
import { findTests } from "./ok/find_tests.ts";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Outcome {
  readonly step: Step;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
  readonly counts: Counts;
}

const TOP = fileURLToPath(new URL("../", import.meta.url));
const AT_ONCE = 3;
const STEP_DEADLINE_MS = 20 * 60_000;

/** How much of a failed step's output is shown. */
const SHOWN_LINES = 200;

/** A test that says nothing else gets this long. On Deno there is no limit to raise. */
const BUN_TEST_TIMEOUT_MS = 60_000;

async function main(names: readonly string[]): Promise<void> {
  prepare();
  const steps = (await allSteps()).filter(({ name }) =>
    names.length === 0 || names.some((wanted) => name.startsWith(wanted))
  );
  if (steps.length === 0) {
    console.error(`Cannot run the gate as no step's name begins like that: ${names.join(", ")}`);
    Deno.exit(2);
  }
  const outcomes = await runAll(steps);
  const failedSteps = outcomes.filter(({ passed }) => !passed).map(({ step }) => step.name);
  if (failedSteps.length > 0) console.log(`\nfailed: ${failedSteps.join(", ")}`);
  const passed = sum(outcomes, ({ counts }) => counts.passed);
  const failed = sum(outcomes, (outcome) => outcome.passed ? 0 : outcome.counts.failed || 1);
  console.log(`${passed} passed, ${failed} failed`);
  Deno.exit(failedSteps.length > 0 ? 1 : 0);
}

/** Installs the pinned tools where they are missing, and writes what ESLint reads of Deno. */
function prepare(): void {
  const args = ["scripts/run_tool.mjs"];
  const setup = new Deno.Command("node", { args, cwd: TOP, stderr: "inherit" });
  if (!setup.outputSync().success) {
    console.error("Cannot run the gate as its tools must be installed: node scripts/run_tool.mjs");
    Deno.exit(2);
  }
  const types = new Deno.Command(Deno.execPath(), { args: ["types"], cwd: TOP }).outputSync();
  Deno.writeFileSync(join(TOP, "scripts/tools/node_modules/.deno.d.ts"), types.stdout);
}

async function allSteps(): Promise<Step[]> {
  const deno = Deno.execPath();
  const tools = join(TOP, "scripts/tools/node_modules");
  const bun = join(tools, "bun/bin/bun.exe");
  const eslint = [
    "node",
    join(tools, "eslint/bin/eslint.js"),
    "-c",
    "scripts/lint/eslint.config.mjs",
  ];
  // The console's modules run in browsers, so they are checked with the types of those.
  const tsc = ["node", join(tools, "typescript/bin/tsc")];
  const bunTest = [bun, "test", `--timeout=${BUN_TEST_TIMEOUT_MS}`];
  // Machines are tested without any permission: proof that they touch no socket, file or process.
  const denoTest = [deno, "test", "--no-check", "--no-prompt"];
  // The YAML parser asks for two settings of its own debugging, some tests whether to run for long;
  // they are told that there are none.
  const noEnv = "--ignore-env=LOG_TOKENS,LOG_STREAM,SIGHTLINE_LONG";
  const { machines, world } = await findTests(TOP);
  // Tests with real sockets and clocks take longest: they begin first, and on Bun a while later.
  return [
    { name: "test:deno:world", command: [...denoTest, "-A", ...world] },
    { name: "test:bun:machines", command: [...bunTest, ...machines] },
    { name: "fmt", command: [deno, "fmt", "--check"] },
    { name: "lint:rules", command: [deno, "lint"] },
    { name: "check", command: [deno, "check", "--quiet", "."] },
    { name: "check:page", command: [...tsc, "-p", "scripts/lint/tsconfig.page.json"] },
    { name: "lint:types", command: [...eslint, "."] },
    { name: "test:bun:world", command: [...bunTest, ...world] },
    { name: "test:deno:machines", command: [...denoTest, noEnv, ...machines] },
  ];
}

/** Runs the steps in order, `AT_ONCE` at a time; the result is in order of completion. */
async function runAll(steps: readonly Step[]): Promise<Outcome[]> {
  const waiting = [...steps];
  const outcomes: Outcome[] = [];
  async function work(): Promise<void> {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const outcome = await run(step);
      outcomes.push(outcome);
      console.log(lineFor(outcome));
      if (!outcome.passed) showOutput(outcome);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

async function run(step: Step): Promise<Outcome> {
  const started = performance.now();
  const [program = "", ...args] = step.command;
  const signal = AbortSignal.timeout(STEP_DEADLINE_MS);
  const env = { NO_COLOR: "1" };
  const child = new Deno.Command(program, { args, cwd: TOP, env, signal, stdin: "null" });
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  const late = signal.aborted ? `Stopped after ${STEP_DEADLINE_MS / 60_000} minutes\n` : "";
  const output = decoder.decode(stdout) + decoder.decode(stderr) + late;
  const counts = step.name.startsWith("test") ? countTests(output) : NO_TESTS;
  // A test run that did not say what it ran has not run.
  const passed = success && counts !== undefined && counts.failed === 0;
  const seconds = (performance.now() - started) / 1000;
  return { step, passed, seconds, output, counts: counts ?? NO_TESTS };
}

function lineFor({ step, passed, seconds, output, counts }: Outcome): string {
  const verdict = passed ? "ok  " : "FAIL";
  const line = `${verdict}  ${step.name.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s`;
  if (counts === NO_TESTS) return line;
  const skipped = skippedTests(output).map((name) => `\n        skipped: ${name}`).join("");
  return `${line}   ${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

function showOutput({ step, output }: Outcome): void {
  const news = output.split("\n").filter((line) => !isGoodNews(line));
  const lines = news.join("\n").trim().replace(/\n{3,}/g, "\n\n").split("\n");
  console.log(`\n── ${step.name}`);
  console.log(lines.slice(0, SHOWN_LINES).join("\n"));
  if (lines.length > SHOWN_LINES) console.log(`… ${lines.length - SHOWN_LINES} more lines`);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

if (import.meta.main) await main(Deno.args);
