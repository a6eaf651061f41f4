import { Reader } from "../../lib/bytes/reader.ts";

/** A box of MP4 and those inside of it. */
export interface Mp4Box {
  readonly name: string;
  readonly body: Uint8Array;
  readonly boxes: readonly Mp4Box[];
}

/** Boxes that hold nothing but boxes. */
const CONTAINERS = ["moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"];

export function parseBoxes(bytes: Uint8Array): Mp4Box[] {
  const reader = new Reader(bytes, "MP4 box");
  const boxes: Mp4Box[] = [];
  while (reader.remaining > 0) {
    const length = reader.u32();
    const name = new TextDecoder().decode(reader.take(4));
    const body = reader.take(length - 8);
    boxes.push({ name, body, boxes: CONTAINERS.includes(name) ? parseBoxes(body) : [] });
  }
  return boxes;
}

/** The boxes at a path of names, `moof/traf/trun`. */
export function boxesAt(boxes: readonly Mp4Box[], path: string): readonly Mp4Box[] {
  const [name, ...rest] = path.split("/");
  const found = boxes.filter((box) => box.name === name);
  return rest.length === 0 ? found : found.flatMap((box) => boxesAt(box.boxes, rest.join("/")));
}

export interface Mp4Sample {
  readonly track: number;
  readonly decodeAt: number;
  readonly duration: number;
  readonly offset: number;
  readonly isSync: boolean;
  readonly bytes: Uint8Array;
}

/** All samples in the fragments of a movie, as our own writer lays them out. */
export function samplesIn(bytes: Uint8Array): Mp4Sample[] {
  const boxes = parseBoxes(bytes);
  return boxes.flatMap((moof, i) => {
    const mdat = boxes[i + 1];
    return moof.name === "moof" && mdat?.name === "mdat" ? samplesOf(moof, mdat.body) : [];
  });
}

function samplesOf(moof: Mp4Box, data: Uint8Array): Mp4Sample[] {
  const read = (path: string) => {
    const reader = new Reader(boxesAt([moof], path)[0]?.body ?? new Uint8Array(0), path);
    reader.skip(4);
    return reader;
  };
  const track = read("moof/traf/tfhd").u32();
  const time = read("moof/traf/tfdt");
  let decodeAt = time.u32() * 2 ** 32 + time.u32();
  const run = read("moof/traf/trun");
  const count = run.u32();
  run.skip(4);
  const bytes = new Reader(data, "mdat");
  return Array.from({ length: count }, () => {
    const duration = run.u32();
    const size = run.u32();
    const isSync = run.u32() === 0x0200_0000;
    const sample = { track, decodeAt, duration, offset: run.u32() | 0, isSync };
    decodeAt += duration;
    return { ...sample, bytes: bytes.take(size) };
  });
}
