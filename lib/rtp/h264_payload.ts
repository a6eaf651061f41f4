import { fragments, type Packetize } from "./payload.ts";

/** NAL unit type of a fragment, RFC 6184 section 5.8. */
const FU_A = 28;

/** Packetization mode 1 of RFC 6184: single NAL units, and FU-A for those too long. */
export const packetizeH264: Packetize = (units, limit) =>
  units.flatMap((unit) => {
    if (unit.byteLength <= limit) return [[unit]];
    const header = unit[0] ?? 0;
    return fragments([(header & 0xe0) | FU_A], header & 0x1f, unit.subarray(1), limit);
  });
