import { ConfigError } from "../config/config_error.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { Dissector } from "../dissect/dissector.ts";
import { dissectionJson, dissectionLine } from "../dissect/print.ts";
import { readFileChunks } from "../io/text_file.ts";
import { CaptureReader } from "../pcapng/capture_reader.ts";
import type { CaptureFrame } from "../pcapng/frame.ts";
import { findUdp } from "../pcapng/udp_packet.ts";
import { type OptionSpec, readArgs } from "./args.ts";
import type { CliContext, Command } from "./context.ts";
import { ExitCode, Failure } from "./exit_code.ts";

const OPTIONS: OptionSpec = {};

export const dissectCommand: Command = {
  name: "dissect",
  summary: "what a capture of a camera's traffic says, datagram by datagram",
  options: OPTIONS,
  completes: "file",
  help: [
    "Usage: sightline dissect FILE [--json]",
    "",
    "Prints a capture, pcapng or pcap, of any program: one line a datagram, with relative sequence",
    "numbers, the messages that came together in it, * what the transport went through, and ! what",
    "cannot be read and where. Knows Dahua's signaling, connectivity checks and PTCP, and Reolink's",
    "signaling, BcUDP and Baichuan.",
    "",
    "  sightline open ADDRESS --capture front.pcapng",
    "  sightline dissect front.pcapng",
    "",
    "  --json  one JSON object a datagram, whose fields have the names of our Wireshark dissectors",
  ].join("\n"),
  async run(args, context) {
    const { positionals, flags } = readArgs(args, OPTIONS);
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) {
      throw new ConfigError("dissect needs one FILE; see --help");
    }
    await dissect(path, flags.has("json"), context);
  },
};

async function dissect(path: string, json: boolean, { print, stop }: CliContext): Promise<void> {
  const reader = new CaptureReader();
  const printFrame = framePrinter(json, print);
  try {
    for await (const chunk of readFileChunks(path)) {
      reader.push(chunk);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        printFrame(frame);
      }
      if (stop.aborted) return;
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new Failure(ExitCode.unexpected, error.message, "What is above was read before that.");
  }
}

/** Prints frames as they come; those that are no datagrams only where something is to be said. */
function framePrinter(json: boolean, print: (line: string) => void) {
  const dissector = new Dissector();
  let start: number | undefined;
  return (frame: CaptureFrame): void => {
    start ??= frame.time;
    const { number, time } = frame;
    const found = findUdp(frame);
    if (found.type === "other") {
      const { offset, rule } = found;
      const error = { offset, rule };
      print(
        json
          ? JSON.stringify({ frame: number, errors: [error] })
          : `${number}  ! at byte ${offset}: ${rule}`,
      );
      return;
    }
    const { from, to, payload, missing } = found;
    const datagram = { frame: number, time, from, to, payload };
    const whole = dissector.dissect(datagram);
    const dissection = missing === 0
      ? whole
      : { ...whole, notes: [...whole.notes, `${missing} bytes not captured`] };
    print(
      json
        ? JSON.stringify(dissectionJson(datagram, dissection))
        : dissectionLine(datagram, dissection, start),
    );
  };
}
