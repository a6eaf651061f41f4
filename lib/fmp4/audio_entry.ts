import { box, u16s, u32s, zeros } from "./box.ts";

export interface AudioFormat {
  readonly rate: number;
  readonly channels: number;
}

/** AudioSampleEntry, ISO/IEC 14496-12 section 12.2.3. */
export function audioEntry(name: string, { rate, channels }: AudioFormat, config: Uint8Array) {
  return box(
    name,
    zeros(6),
    u16s(1), // data_reference_index
    zeros(8),
    u16s(channels, 16, 0, 0), // sample size, pre_defined, reserved
    // 16.16; rates that do not fit are in the codec's own configuration.
    u32s(rate > 0xffff ? 0 : rate * 0x1_0000),
    config,
  );
}
