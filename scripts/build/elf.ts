/**
 * What a program file asks of the Linux it is started on: the machine, the dynamic loader and the
 * libraries of its header (System V ABI, chapters 4 and 5; symbol versions as in the LSB core
 * specification, chapter 10.7). Little-endian 64-bit files only, as all our targets are.
 *
 * @module
 */

export interface ElfNeeds {
  readonly machine: "x64" | "arm64" | `unknown (${number})`;
  /** The dynamic loader, e.g. `/lib/ld-musl-aarch64.so.1`; `undefined` for a static program. */
  readonly interpreter: string | undefined;
  /** Names of shared libraries, in the file's order. */
  readonly libraries: readonly string[];
  /** Newest version asked of each set of symbols, e.g. `GLIBC` → `2.17`. */
  readonly versions: ReadonlyMap<string, string>;
}

const MACHINES: Readonly<Record<number, "x64" | "arm64">> = { 62: "x64", 183: "arm64" };

const SEGMENT_LOAD = 1;
const SEGMENT_DYNAMIC = 2;
const SEGMENT_INTERPRETER = 3;

const TAG_NEEDED = 1;
const TAG_STRING_TABLE = 5;
const TAG_VERSIONS = 0x6ffffffe;
const TAG_VERSION_COUNT = 0x6fffffff;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** `undefined` when the file is no such ELF file. */
export function readElf(file: Uint8Array): ElfNeeds | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf64 = file.byteLength >= 64 && view.getUint32(0) === 0x7f454c46 &&
    view.getUint16(4) === 0x0201;
  if (!isElf64) return undefined;
  const segments = readSegments(view);
  const machine = view.getUint16(18, true);
  const interpreter = segments.find(({ type }) => type === SEGMENT_INTERPRETER);
  return {
    machine: MACHINES[machine] ?? `unknown (${machine})`,
    interpreter: interpreter && readText(file, interpreter.offset),
    ...readDynamic(file, view, segments),
  };
}

function readSegments(view: DataView): Segment[] {
  const start = uint64(view, 32);
  const size = view.getUint16(54, true);
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const at = start + index * size;
    return {
      type: view.getUint32(at, true),
      offset: uint64(view, at + 8),
      address: uint64(view, at + 16),
      size: uint64(view, at + 32),
    };
  });
}

function readDynamic(
  file: Uint8Array,
  view: DataView,
  segments: readonly Segment[],
): Pick<ElfNeeds, "libraries" | "versions"> {
  const dynamic = segments.find(({ type }) => type === SEGMENT_DYNAMIC);
  if (dynamic === undefined) return { libraries: [], versions: new Map() };
  const entries = Array.from({ length: dynamic.size / 16 }, (_, index) => {
    const at = dynamic.offset + index * 16;
    return { tag: uint64(view, at), value: uint64(view, at + 8) };
  });
  const valueOf = (wanted: number) => entries.find(({ tag }) => tag === wanted)?.value;
  const strings = offsetOf(valueOf(TAG_STRING_TABLE) ?? 0, segments);
  const needed = entries.filter(({ tag }) => tag === TAG_NEEDED);
  const versions = valueOf(TAG_VERSIONS);
  return {
    libraries: needed.map(({ value }) => readText(file, strings + value)),
    versions: versions === undefined ? new Map() : readVersions(
      file,
      view,
      offsetOf(versions, segments),
      valueOf(TAG_VERSION_COUNT) ?? 0,
      strings,
    ),
  };
}

/** Walks the chain of libraries, and for each the chain of versions asked of it. */
function readVersions(
  file: Uint8Array,
  view: DataView,
  start: number,
  count: number,
  strings: number,
): ReadonlyMap<string, string> {
  const newest = new Map<string, string>();
  let library = start;
  for (let i = 0; i < count; i++) {
    let version = library + view.getUint32(library + 8, true);
    for (let left = view.getUint16(library + 2, true); left > 0; left--) {
      const name = readText(file, strings + view.getUint32(version + 8, true));
      const [set, number] = splitVersion(name);
      if (compareVersions(number, newest.get(set) ?? "") > 0) newest.set(set, number);
      version += view.getUint32(version + 12, true);
    }
    library += view.getUint32(library + 12, true);
  }
  return newest;
}

function splitVersion(name: string): readonly [string, string] {
  const at = name.lastIndexOf("_");
  return [name.slice(0, at), name.slice(at + 1)];
}

function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.split(".").map(Number));
  for (let i = 0; i < Math.max(a?.length ?? 0, b?.length ?? 0); i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Where in the file lies what will be at that address. */
function offsetOf(address: number, segments: readonly Segment[]): number {
  const home = segments.find((segment) =>
    segment.type === SEGMENT_LOAD && address >= segment.address &&
    address < segment.address + segment.size
  );
  if (home === undefined) throw new Error(`Cannot read ELF file as ${address} must be in it`);
  return address - home.address + home.offset;
}

function readText(file: Uint8Array, start: number): string {
  return new TextDecoder().decode(file.subarray(start, file.indexOf(0, start)));
}

function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
