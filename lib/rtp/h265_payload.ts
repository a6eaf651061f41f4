import { fragments, type Packetize } from "./payload.ts";

/** NAL unit type of a fragment, RFC 7798 section 4.4.3. */
const FU = 49;

/** RFC 7798 without DON fields: single NAL units, and FU for those too long. */
export const packetizeH265: Packetize = (units, limit) =>
  units.flatMap((unit) => {
    if (unit.byteLength <= limit) return [[unit]];
    const first = unit[0] ?? 0;
    const prefix = [(first & 0x81) | (FU << 1), unit[1] ?? 0];
    return fragments(prefix, (first >>> 1) & 0x3f, unit.subarray(2), limit);
  });
