/**
 * Makes the moving test picture: `deno run -A scripts/make_clip.ts`. Needs an ffmpeg with libx264
 * and libx265 and the DejaVu fonts; users do not, since the results are checked in as
 * lib/sim/clip/clip.json and clip_h265.json.
 *
 * H.264 and AAC last 16 s exactly and loop without a seam: 400 pictures in closed groups of 25, and
 * 250 frames of AAC cut out of the middle of a longer run, where the encoder has settled. H.265 is
 * the first 4 s of the same picture, one turn of its hand, to keep it small.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Buffer } from "node:buffer";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concatBytes } from "../lib/bytes/bytes.ts";
import { splitAdts } from "../lib/media/adts.ts";
import { splitAnnexB } from "../lib/media/annex_b.ts";
import { groupH264, isH264Keyframe } from "../lib/media/h264.ts";
import { groupH265, isH265Keyframe } from "../lib/media/h265.ts";

const FOLDER = new URL("../lib/sim/clip/", import.meta.url);

const SECONDS = 16;
const H265_SECONDS = 4;
const FRAME_RATE = 25;
const SAMPLE_RATE = 16_000;
const AUDIO_FRAMES = (SECONDS * SAMPLE_RATE) / 1024;

/** A still layer: `size` large, its pixels computed once by `geq` and then repeated. */
function still(size: string, geq: string): string {
  return `color=c=black:s=${size}:r=${FRAME_RATE}:d=0.04,format=rgba,geq=${geq},` +
    `loop=loop=-1:size=1,setpts=N/${FRAME_RATE}/TB`;
}

/** Light around the dial, for the background. */
const GLOW = "exp(-pow(hypot(X-530,Y-150)/210,2))";

// The dial, part by part, as expressions of a pixel's place; its middle is 95.5, 95.5.
const RADIUS = "hypot(X-95.5,Y-95.5)";
const CROSS = `(lt(abs(X-95.5),0.8)+lt(abs(Y-95.5),0.8))*lt(${RADIUS},87)`;
const RINGS = `max(between(${RADIUS},86,88),0.45*between(${RADIUS},43,44.2))`;
const TRAIL = "0.55*pow(1-mod(atan2(95.5-X,95.5-Y)+2*PI,2*PI)/(2*PI),6)";
const HAND = "0.95*lt(abs(X-95.5),1.2)*lt(Y,95.5)";

function text(what: string, style: string): string {
  return `drawtext=text='${what}':${style}`;
}

const SANS = "font='DejaVu Sans'";
const MONO = "font='DejaVu Sans Mono'";

/** A number that changes from picture to picture, burnt in with leading zeros. */
function digits(expression: string, width: number): string {
  return `%{eif\\:${expression}\\:d\\:${width}}`;
}

const MINUTES = digits(`floor(n/${60 * FRAME_RATE})`, 2);
const FULL_SECONDS = digits(`mod(floor(n/${FRAME_RATE}),60)`, 2);
const FRAME_OF_SECOND = digits(`mod(n,${FRAME_RATE})`, 2);

/** The picture, with the codec's name in it; every motion has a period that divides 4 s. */
const picture = (codec: string) =>
  [
    `${
      still("640x360", `r='14+8*Y/H+10*${GLOW}':g='22+12*Y/H+22*${GLOW}':b='34+20*Y/H+26*${GLOW}'`)
    },format=gbrp[sky]`,
    `${still("192x192", `r=45:g=212:b=191:a='255*max(${RINGS},0.28*${CROSS})'`)}[dial]`,
    `${still("192x192", `r=45:g=212:b=191:a='255*lt(${RADIUS},86)*max(${TRAIL},${HAND})'`)},` +
    "rotate=a='2*PI*t/4':c=none[hand]",
    `${still("36x36", "r=251:g=191:b=36:a='255*clip(15.5-hypot(X-17.5,Y-17.5),0,1)'")}[ball]`,
    `pal75bars=s=640x18:r=${FRAME_RATE},format=rgba[bars]`,
    "[sky][dial]overlay=x=434:y=54:format=gbrp[sky_dial]",
    "[sky_dial][hand]overlay=x=434:y=54:format=gbrp[sweeping]",
    "[sweeping]drawbox=x=40:y=287:w=560:h=2:color=0x2dd4bf@0.55:t=fill[line]",
    "[line][ball]overlay=x='302-262*cos(2*PI*t/4)':y=270:eval=frame:format=gbrp[moving]",
    [
      "[moving][bars]overlay=x=0:y=342:format=gbrp",
      text("sightline", `${SANS}:x=38:y=34:fontsize=44:fontcolor=white`),
      text("test picture, no camera", `${SANS}:x=41:y=88:fontsize=19:fontcolor=0x9fb4c7`),
      text(
        `${MINUTES}\\:${FULL_SECONDS}.${FRAME_OF_SECOND}`,
        `${SANS}:x=36:y=136:fontsize=78:fontcolor=white`,
      ),
      text(`frame ${digits("n", 4)}`, `${MONO}:x=40:y=224:fontsize=28:fontcolor=0x5eead4`),
      text("AAC 16 kHz, a tick each second", `${MONO}:x=40:y=312:fontsize=15:fontcolor=0x9fb4c7`),
      text(`${codec} 640x360 25 fps`, `${MONO}:x=600-tw:y=312:fontsize=15:fontcolor=0x9fb4c7`),
      "format=yuv420p[v]",
    ].join(","),
  ].join(";");

/** A soft fifth, and a short tick at each full second, higher where the clip begins. */
const SOUND = "0.05*sin(2*PI*220*t)+0.035*sin(2*PI*330*t)" +
  `+0.3*sin(2*PI*if(lt(mod(t,${SECONDS}),1),1760,1320)*t)*exp(-mod(t,1)*40)*lt(mod(t,1),0.2)`;

function ffmpeg(args: readonly string[]): void {
  const result = spawnSync("ffmpeg", ["-v", "error", "-y", ...args], { stdio: "inherit" });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`Cannot make clip as ffmpeg failed: ${result.status}`);
}

function makeH264(path: string): Uint8Array {
  ffmpeg([
    ...["-filter_complex", picture("H.264"), "-map", "[v]"],
    ...["-frames:v", String(SECONDS * FRAME_RATE)],
    ...["-c:v", "libx264", "-profile:v", "high", "-level", "3.0", "-preset", "veryslow"],
    ...["-crf", "25", "-bf", "0", "-refs", "1", "-g", String(FRAME_RATE)],
    ...["-x264-params", "scenecut=0:aud=1:repeat-headers=1:open-gop=0:threads=1"],
    // SEI holds nothing but the encoder's advertisement.
    ...["-bsf:v", "filter_units=remove_types=6", "-fflags", "+bitexact", "-f", "h264", path],
  ]);
  const bytes = readFileSync(path);
  const units = groupH264(splitAnnexB(bytes));
  requirePictures(units.length, units.filter(isH264Keyframe).length, SECONDS);
  return bytes;
}

function makeH265(path: string): Uint8Array {
  ffmpeg([
    ...["-filter_complex", picture("H.265"), "-map", "[v]"],
    ...["-frames:v", String(H265_SECONDS * FRAME_RATE)],
    ...["-c:v", "libx265", "-preset", "veryslow", "-crf", "27"],
    "-x265-params",
    [
      ...[`keyint=${FRAME_RATE}`, `min-keyint=${FRAME_RATE}`, "scenecut=0", "open-gop=0"],
      ...["bframes=0", "ref=1", "repeat-headers=1", "aud=0", "info=0"],
      ...["pools=1", "frame-threads=1", "log-level=error"],
    ].join(":"),
    ...["-fflags", "+bitexact", "-f", "hevc", path],
  ]);
  const bytes = readFileSync(path);
  const units = groupH265(splitAnnexB(bytes));
  requirePictures(units.length, units.filter(isH265Keyframe).length, H265_SECONDS);
  return bytes;
}

function requirePictures(pictures: number, keyframes: number, seconds: number): void {
  if (pictures === seconds * FRAME_RATE && keyframes === seconds) return;
  throw new Error(
    `Cannot use video as it needs ${seconds} s of pictures: ${pictures}, ${keyframes} key frames`,
  );
}

function makeAudio(path: string): Uint8Array {
  ffmpeg([
    ...["-f", "lavfi", "-i", `aevalsrc='${SOUND}':s=${SAMPLE_RATE}:d=${3 * SECONDS}`],
    ...["-c:a", "aac", "-profile:a", "aac_low", "-b:a", "24k", "-fflags", "+bitexact"],
    ...["-f", "adts", path],
  ]);
  const bytes = readFileSync(path);
  // The encoder's first frame decodes to what lies before the beginning, so the frame that decodes
  // to the first sample of the second repetition is one later.
  const first = AUDIO_FRAMES + 1;
  const frames = splitAdts(bytes).slice(first, first + AUDIO_FRAMES).map((frame) => {
    const start = frame.payload.byteOffset - bytes.byteOffset;
    return bytes.subarray(start - 7, start + frame.payload.byteLength);
  });
  if (frames.length !== AUDIO_FRAMES) {
    throw new Error(`Cannot use audio as it needs ${AUDIO_FRAMES} frames: ${frames.length}`);
  }
  return concatBytes(frames);
}

function describeVideo(bytes: Uint8Array, seconds: number) {
  const annexB = Buffer.from(bytes).toString("base64");
  return { frameRate: FRAME_RATE, frames: seconds * FRAME_RATE, annexB };
}

function write(name: string, value: object): void {
  const whole = { generated: "by scripts/make_clip.ts, do not edit", ...value };
  const json = JSON.stringify(whole, null, 2) + "\n";
  writeFileSync(new URL(name, FOLDER), json);
  console.log(`${name}: ${json.length} bytes`);
}

const folder = mkdtempSync(join(tmpdir(), "clip-"));
try {
  const audio = makeAudio(join(folder, "clip.aac"));
  write("clip.json", {
    video: describeVideo(makeH264(join(folder, "clip.h264")), SECONDS),
    audio: { frames: AUDIO_FRAMES, adts: Buffer.from(audio).toString("base64") },
  });
  write("clip_h265.json", {
    video: describeVideo(makeH265(join(folder, "clip.h265")), H265_SECONDS),
  });
} finally {
  rmSync(folder, { recursive: true });
}
