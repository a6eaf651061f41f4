/**
 * Who may import whom: the layers of `lib/` as data, and the one question asked of them.
 *
 * A room is a folder of `lib/`, or a file that lies directly in it; `routes/` and `main.ts` are
 * rooms too. Imports go to simpler rows only, never sideways.
 *
 * @module
 */

/** Simplest first. A room may import itself and every room in an earlier row. */
const ROWS: readonly (readonly string[])[] = [
  ["machine", "build_info", "licences", "service"],
  ["bytes", "timers", "tunnel_end"],
  ["endpoint"],
  ["crypto", "xml", "log"],
  ["media", "sdp", "stun", "nat", "pcapng"],
  ["rtp", "rtsp", "fmp4"],
  ["dahua", "reolink"],
  ["dissect"],
  ["config"],
  ["recorder"],
  ["hub"],
  ["doctor"],
  ["mqtt", "webhook"],
  ["routes"],
  ["cli"],
  ["main"],
];

/** Rooms beside the rows: what each of them may import. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  io: ["machine", "bytes", "timers", "endpoint", "log"],
  sim: [...ROWS.slice(0, rowOf("config") + 1).flat()],
};

/** Rooms that may import every other and package.json, as they wire the program together. */
const WIRING: readonly string[] = ["cli", "main"];

/** Single steps off the rows, each with its reason. */
const EXCEPTIONS: readonly { from: RegExp; to: RegExp; typeOnly: boolean; why: string }[] = [
  {
    from: /^(lib\/(rtsp|dahua|reolink|recorder|sim|hub|doctor)|routes)\//,
    to: /^lib\/io\/types\.ts$/,
    typeOnly: true,
    why: "glue names the sockets, listeners and clocks it is handed",
  },
  {
    from: /^lib\/((?:hub|doctor)\/|sim\/(simulation\w*|loopback_network)\.ts$)/,
    to: /^lib\/io\/(drive|machine_stream|pipe)\.ts$/,
    typeOnly: false,
    why: "loops over sockets and streams they are handed, which touch nothing themselves",
  },
  {
    from: /^lib\/(mqtt|webhook)\//,
    to: /^lib\/io\/(types|mqtt_client|http_post)\.ts$/,
    typeOnly: true,
    why: "they name the clock and the client they are handed",
  },
  {
    from: /^lib\/nat\//,
    to: /^lib\/stun\//,
    typeOnly: false,
    why: "connectivity checks are STUN messages",
  },
  {
    from: /^lib\/rtsp\//,
    to: /^lib\/rtp\//,
    typeOnly: false,
    why: "RTSP sessions carry RTP packets, interleaved",
  },
  {
    from: /^lib\/fmp4\//,
    to: /^lib\/rtp\//,
    typeOnly: false,
    why: "pictures that came in RTP payloads are unpacked before they go into MP4",
  },
];

/** One import, both ends as paths from the top of the project, with `/` between their parts. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** Whether `path` is a test or belongs to what only tests and developers run. */
export function isOutsideProgram(path: string): boolean {
  return /^(tests|scripts)\//.test(path) || /_test\.ts$/.test(path);
}

/** Why the import is not allowed, as a clause that follows "Cannot import … as", or `undefined`. */
export function objection(edge: Import): string | undefined {
  if (isOutsideProgram(edge.from)) return undefined;
  if (isOutsideProgram(edge.to)) return "nothing in the program imports tests or scripts";
  if (EXCEPTIONS.some((exception) => covers(exception, edge))) return undefined;
  const from = roomOf(edge.from);
  const to = roomOf(edge.to);
  if (from === undefined) return `${edge.from} lies in no room named in scripts/lint/rooms.ts`;
  if (to === undefined) return `${edge.to} lies in no room named in scripts/lint/rooms.ts`;
  if (from === to || WIRING.includes(from) || mayImport(from).includes(to)) return undefined;
  return `${from} may import only simpler rooms (${mayImport(from).join(", ")})`;
}

/** The room `path` lies in, or `undefined` when the layers do not know it. */
export function roomOf(path: string): string | undefined {
  if (path === "main.ts") return "main";
  if (path === "package.json") return "manifest";
  if (path.startsWith("routes/")) return "routes";
  const name = /^lib\/([^/]+?)(?:\.ts$|\/)/.exec(path)?.[1];
  return name !== undefined && (rowOf(name) >= 0 || name in BESIDE) ? name : undefined;
}

function mayImport(room: string): readonly string[] {
  return BESIDE[room] ?? ROWS.slice(0, rowOf(room)).flat();
}

function rowOf(room: string): number {
  return ROWS.findIndex((row) => row.includes(room));
}

function covers(exception: typeof EXCEPTIONS[number], edge: Import): boolean {
  return exception.from.test(edge.from) && exception.to.test(edge.to) &&
    (edge.typeOnly || !exception.typeOnly);
}
