import { DecodeError } from "../../bytes/decode_error.ts";
import { ConfigError } from "../../config/config_error.ts";
import { CaptureDissector, type FrameReport } from "../../dissect/capture_dissector.ts";
import { DISSECTED_PROTOCOLS } from "../../dissect/dissection.ts";
import { frameJson, frameLine, frameTexts } from "../../dissect/print.ts";
import { readFileChunks } from "../../io/text_file.ts";
import { CaptureReader } from "../../pcapng/capture_reader.ts";
import { aborted } from "../aborted.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { ExitCode, Failure } from "../exit_code.ts";
import { readPassword } from "../password.ts";

const OPTIONS: OptionSpec = {
  values: ["only", "host"],
  flags: ["text", "problems", "password-stdin"],
};

export const dissectCommand: Command = {
  name: "dissect",
  summary: "what a capture of a camera's traffic says, packet by packet",
  options: OPTIONS,
  completes: "file",
  help: [
    "Usage: sightline dissect FILE [--only PROTOCOLS] [--host HOST[:PORT]] [--problems] [--text]",
    "",
    "Prints a capture, pcapng or pcap, of any program: one line a frame with its number, the seconds",
    "since the first, from whom to whom, the protocol, relative sequence numbers and what came",
    "together in it; then * what the transport went through, and ! what cannot be read and at which",
    "byte of the payload, or of a frame that has none. Knows Dahua's signaling, connectivity checks",
    "and PTCP; Reolink's signaling, BcUDP, Baichuan over it and over TCP, and the media in that; and",
    "RTSP over TCP. Reads IPv4 and IPv6 with their fragments, and puts streams in order.",
    "",
    "  sightline open ADDRESS --capture front.pcapng",
    "  sightline dissect front.pcapng",
    "  sightline dissect front.pcapng --problems --only bcudp,baichuan",
    "",
    "What Reolink cameras encipher with AES is read only with their password, from",
    "SIGHTLINE_PASSWORD or --password-stdin, and where the login is in the capture with its nonce,",
    "which our own captures have after --capture-secrets alone.",
    "",
    `  --only PROTOCOLS   of ${DISSECTED_PROTOCOLS.join(", ")}`,
    "  --host HOST[:PORT] frames from or to that address; an IPv6 one with a port in brackets",
    "  --problems         frames with a * or ! only",
    "  --text             with the text of messages, below them",
    "  --password-stdin   one line of standard input is the password",
    "  --json             one JSON object a frame, whose fields have the names of Wireshark's and of",
    "                     our dissectors for it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const { positionals, values, flags } = parsed;
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) {
      throw new ConfigError("dissect needs one FILE; see --help");
    }
    const filters = [
      ofProtocols(values.get("only")),
      ofHost(values.get("host")),
      ...(flags.has("problems") ? [hasProblem] : []),
    ];
    const isShown = (report: FrameReport) => filters.every((filter) => filter(report));
    await dissect(path, parsed, isShown, context);
  },
};

type Filter = (report: FrameReport) => boolean;

async function dissect(
  path: string,
  parsed: ParsedArgs,
  isShown: Filter,
  context: CliContext,
): Promise<void> {
  const { stop } = context;
  const password = await readPassword(parsed, context);
  const printer = new Printer(parsed, context);
  const reader = new CaptureReader();
  const dissector = new CaptureDissector(password?.reveal());
  try {
    for await (const chunk of readFileChunks(path)) {
      reader.push(chunk);
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        const report = dissector.read(frame);
        if (isShown(report)) await printer.print(report);
        else printer.skip(report);
        if (stop.aborted) return;
      }
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new Failure(ExitCode.unexpected, error.message, "What is above was read before that.");
  }
}

/** Characters printed before what reads them is waited for. */
const MAX_WAITING = 1 << 17;

class Printer {
  readonly #context: CliContext;
  readonly #isJson: boolean;
  readonly #hasTexts: boolean;
  /** When the capture began. */
  #start: number | undefined;
  #waiting = 0;

  constructor({ flags }: ParsedArgs, context: CliContext) {
    this.#context = context;
    this.#isJson = flags.has("json");
    this.#hasTexts = flags.has("text");
  }

  /** It is not shown, though it may be the first. */
  skip({ time }: FrameReport): void {
    this.#start ??= time;
  }

  async print(report: FrameReport): Promise<void> {
    const { print, printed, stop } = this.#context;
    for (const line of this.#lines(report)) {
      print(line);
      this.#waiting += line.length;
    }
    if (this.#waiting < MAX_WAITING || printed === undefined) return;
    await Promise.race([printed(), aborted(stop)]);
    this.#waiting = 0;
  }

  #lines(report: FrameReport): string[] {
    this.#start ??= report.time;
    if (this.#isJson) return [JSON.stringify(frameJson(report))];
    const line = frameLine(report, this.#start);
    return this.#hasTexts ? [line, ...frameTexts(report)] : [line];
  }
}

function hasProblem({ notes, errors }: FrameReport): boolean {
  return notes.length > 0 || errors.length > 0;
}

function ofProtocols(list: string | undefined): Filter {
  if (list === undefined) return () => true;
  const wanted = list.split(",").map((name) => {
    const found = DISSECTED_PROTOCOLS.find((protocol) => protocol === name.trim());
    if (found !== undefined) return found;
    const names = DISSECTED_PROTOCOLS.join(", ");
    throw new ConfigError(`Option --only must be some of ${names}: has "${name}"`);
  });
  return ({ protocol }) => wanted.includes(protocol);
}

function ofHost(text: string | undefined): Filter {
  if (text === undefined) return () => true;
  const [, address = text, port] = /^\[?([0-9a-fA-F:.]+?)\]?(?::(\d{1,5}))?$/.exec(
    isBareIpv6(text) ? `[${text}]` : text,
  ) ?? [];
  const host = address.toLowerCase();
  return ({ from, to }) =>
    [from, to].some((end) => {
      return end?.address === host && (port === undefined || end.port === Number(port));
    });
}

function isBareIpv6(text: string): boolean {
  return !text.startsWith("[") && text.split(":").length > 2;
}
