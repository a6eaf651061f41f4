/** Window scaling: how buffers beyond 65535 bytes fit a 16-bit field. @module */

/** The smallest shift that brings a buffer under 65536. */
export function shiftFor(buffer: number): number {
  let shift = 0;
  while (buffer >>> shift > 0xffff) shift += 1;
  return shift;
}

/** A buffer rounded down to what its shift can express. */
export function roundedBuffer(buffer: number): number {
  const shift = shiftFor(buffer);
  return (buffer >>> shift) << shift;
}
