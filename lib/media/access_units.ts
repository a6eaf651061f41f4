/**
 * Groups the NAL units of a video stream into access units: each ends before the unit that
 * `begins` another, once it has a slice.
 */
export function groupNalUnits(
  units: readonly Uint8Array[],
  isSlice: (unit: Uint8Array) => boolean,
  begins: (unit: Uint8Array) => boolean,
): Uint8Array[][] {
  const groups: Uint8Array[][] = [];
  let group: Uint8Array[] = [];
  let hasSlice = false;
  for (const unit of units) {
    if (hasSlice && begins(unit)) {
      groups.push(group);
      group = [];
      hasSlice = false;
    }
    group.push(unit);
    hasSlice ||= isSlice(unit);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
