import { type HostPort, parseCameraAddress, readHostPort } from "../../config/camera_address.ts";
import { ConfigError } from "../../config/config_error.ts";
import type { Diagnosis } from "../../doctor/diagnose.ts";
import { examine } from "../../doctor/doctor.ts";
import { stepJson, verdictJson } from "../../doctor/doctor_json.ts";
import type { Step } from "../../doctor/step.ts";
import type { Duration } from "../../machine.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import { startBundle } from "../bundle.ts";
import type { Command } from "../context.ts";
import { ExitCode, Failure } from "../exit_code.ts";
import { PASSWORD_HELP, withPassword } from "../password.ts";

const OPTIONS: OptionSpec = { values: ["clouds", "bundle"], flags: ["wake", "password-stdin"] };

/** Who watches and sees nothing for so long is told that something is under way. */
const PATIENCE: Duration = 5_000;

export const doctorCommand: Command = {
  name: "doctor",
  summary: "every step towards a camera, then what is wrong and what to do about it",
  options: OPTIONS,
  help: [
    "Usage: sightline doctor ADDRESS [--wake] [--clouds HOST:PORT,…] [--bundle FILE]",
    "                        [--password-stdin] [--json]",
    "",
    "Takes every step towards a camera once and prints each as it happens: names, the vendor's",
    "servers, the clock, the camera, its password, each way on its own, a stream up to its first key",
    "frame. Then one sentence says what is wrong, and one what to do about it.",
    "",
    "A password that is refused is not tried again. A Reolink camera with a UID may run on a battery:",
    "it is looked for on the LAN only, and called through the cloud with --wake alone.",
    "",
    ...PASSWORD_HELP,
    "",
    "  --wake             the camera may be called, which wakes one that sleeps; no wake budget of a",
    "                     daemon is asked, and none counts it",
    "  --clouds SERVERS   ask these, too, when the camera's own cloud does not know it",
    "  --bundle FILE      write all that was said and found there, for others to look at: names,",
    "                     serial numbers, addresses, keys and secrets are replaced, pictures left out;",
    "                     sightline replay FILE comes to the same verdict",
    "  --password-stdin   one line of standard input is the password",
    "  --json             one JSON object a step, and one for the verdict",
    "",
    "Exits with 0 when a key frame came, or when nothing is wrong as far as the camera may be asked;",
    "3 camera unknown or offline, 4 credentials refused, 5 no path or no stream, 7 no key frame.",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const { positionals: [text, ...rest], flags, values } = parsed;
    if (text === undefined || rest.length > 0) {
      throw new ConfigError("doctor needs one ADDRESS; see --help");
    }
    const clouds = parseClouds(values.get("clouds"));
    const address = await withPassword(parseCameraAddress(text), parsed, context);
    const { world, stop, print, log } = context;
    const isJson = flags.has("json");
    const mayWake = flags.has("wake");
    const path = values.get("bundle");
    const bundle = path === undefined
      ? undefined
      : await startBundle(path, { address, mayWake, clouds }, world);
    const complainLater = () =>
      world.clock.setTimer(PATIENCE, () => {
        if (!isJson) {
          context.complain("… still waiting: a server or camera that says nothing gets up to 30 s");
        }
      });
    let cancelComplaint = complainLater();
    const { diagnosis } = await examine(address, {
      world: bundle?.world ?? world,
      clouds,
      mayWake,
      onStep(step) {
        cancelComplaint();
        cancelComplaint = complainLater();
        bundle?.add(stepJson(step));
        print(isJson ? JSON.stringify(stepJson(step)) : stepLine(step));
      },
    }, stop).finally(() => cancelComplaint());
    if (!stop.aborted) {
      bundle?.add(verdictJson(diagnosis));
      const lines = isJson ? [JSON.stringify(verdictJson(diagnosis))] : verdict(diagnosis);
      for (const line of lines) print(line);
    }
    // Behind the verdict, which is what matters, and also of what was called off.
    if (bundle !== undefined) {
      log.info("bundle written", { file: path, bytes: await bundle.write() });
    }
    if (stop.aborted) throw new Failure(ExitCode.unexpected, "stopped before the end");
    const { type, exitCode } = diagnosis;
    if (exitCode !== ExitCode.done) throw new Failure(exitCode, `diagnosis: ${type}`);
  },
};

function parseClouds(text: string | undefined): readonly HostPort[] {
  if (text === undefined) return [];
  return text.split(",").map((one) => {
    const server = readHostPort(one);
    if (server !== undefined) return server;
    throw new ConfigError(`Option --clouds must be HOST:PORT,…: has "${one}"`);
  });
}

/** A step as a line of text. */
export function stepLine({ name, outcome, at, took, detail }: Step): string {
  const time = `${(at / 1_000).toFixed(1).padStart(5)} s`;
  const lasted = took === undefined ? "" : ` (${Math.round(took)} ms)`;
  return `${time}  ${outcome.padEnd(7)}  ${name.padEnd(7)}  ${detail}${lasted}`;
}

function verdict({ cause, remedy }: Diagnosis): readonly string[] {
  return ["", `Cause:   ${cause}`, `Remedy:  ${remedy}`];
}
