/**
 * IMA ADPCM, four bits a sample, the high nibble of a byte first, as RFC 3551 section 4.5.1 has it
 * for DVI4. (WAV files have the low nibble first.)
 *
 * @module
 */

/** Where a decoder is between two samples; packets carry it, so that each can be read alone. */
export interface AdpcmState {
  /** The last sample, 16 bits with sign. */
  readonly predictor: number;
  /** Index of the step, 0 to 88. */
  readonly stepIndex: number;
}

const STEPS = [
  ...[7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60],
  ...[66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371],
  ...[408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878],
  ...[2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845],
  ...[8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086],
  ...[29794, 32767],
];

/** What a nibble without its sign bit does to the step index. */
const INDEX_CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8];

/** Samples and the state behind them. A step index out of range counts as the nearest in it. */
export function decodeAdpcm(
  before: AdpcmState,
  nibbles: Uint8Array,
): { readonly samples: Int16Array; readonly after: AdpcmState } {
  const samples = new Int16Array(2 * nibbles.byteLength);
  let state: AdpcmState = { ...before, stepIndex: clamp(before.stepIndex, 0, STEPS.length - 1) };
  for (const [i, byte] of nibbles.entries()) {
    state = next(state, byte >>> 4);
    samples[2 * i] = state.predictor;
    state = next(state, byte & 0x0f);
    samples[2 * i + 1] = state.predictor;
  }
  return { samples, after: state };
}

/** Nibbles and the state behind them. Of an odd number of samples the last is left out. */
export function encodeAdpcm(
  before: AdpcmState,
  samples: Int16Array,
): { readonly nibbles: Uint8Array; readonly after: AdpcmState } {
  const nibbles = new Uint8Array(samples.length >>> 1);
  let state = before;
  for (let i = 0; i < nibbles.length; i++) {
    const high = nearest(state, samples[2 * i] ?? 0);
    state = next(state, high);
    const low = nearest(state, samples[2 * i + 1] ?? 0);
    state = next(state, low);
    nibbles[i] = (high << 4) | low;
  }
  return { nibbles, after: state };
}

function next({ predictor, stepIndex }: AdpcmState, nibble: number): AdpcmState {
  const change = changeOf(STEPS[stepIndex] ?? 0, nibble);
  return {
    predictor: clamp(predictor + change, -0x8000, 0x7fff),
    stepIndex: clamp(stepIndex + (INDEX_CHANGES[nibble & 7] ?? 0), 0, STEPS.length - 1),
  };
}

/** Sign, then the whole, half and quarter of the step, and always an eighth of it. */
function changeOf(step: number, nibble: number): number {
  let change = step >> 3;
  if ((nibble & 4) !== 0) change += step;
  if ((nibble & 2) !== 0) change += step >> 1;
  if ((nibble & 1) !== 0) change += step >> 2;
  return (nibble & 8) !== 0 ? -change : change;
}

/** The nibble that leads nearest to `sample`. */
function nearest({ predictor, stepIndex }: AdpcmState, sample: number): number {
  const step = STEPS[stepIndex] ?? 0;
  const wanted = sample - predictor;
  const sign = wanted < 0 ? 8 : 0;
  let best = sign;
  for (let nibble = sign + 1; nibble < sign + 8; nibble++) {
    const isNearer = Math.abs(wanted - changeOf(step, nibble)) <
      Math.abs(wanted - changeOf(step, best));
    if (isNearer) best = nibble;
  }
  return best;
}

function clamp(value: number, least: number, most: number): number {
  return value < least ? least : value > most ? most : value;
}
