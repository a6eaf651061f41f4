import type { World } from "../../io/types.ts";
import type { Duration } from "../../machine.ts";

const EVERY: Duration = 5_000;

/**
 * Calls `onChange` when this machine's own addresses change: another network, a new lease. NAT
 * mappings are gone then, and waiting for a dead path to be noticed would only cost time. Losing all
 * addresses is no change yet; there is nothing to do before there are some again.
 */
export function watchAddresses(
  { clock, localAddresses }: Pick<World, "clock" | "localAddresses">,
  onChange: () => void,
): { readonly cancel: () => void } {
  const read = () => [...localAddresses()].sort().join(" ");
  let known = read();
  let cancel = clock.setTimer(EVERY, check);
  function check(): void {
    const present = read();
    if (present !== "" && present !== known) {
      known = present;
      onChange();
    }
    cancel = clock.setTimer(EVERY, check);
  }
  return { cancel: () => cancel() };
}
