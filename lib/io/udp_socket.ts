import type { OpenUdp } from "./types.ts";
import { checkListenEndpoint, listenError } from "./errors.ts";
import { openUdpOnBun } from "./udp_bun.ts";
import { openUdpOnDeno } from "./udp_deno.ts";

/** Opens a UDP socket with the native API of the runtime this runs on. */
export const openUdp: OpenUdp = async (at) => {
  checkListenEndpoint("UDP", at);
  try {
    return await ("Deno" in globalThis ? openUdpOnDeno(at) : openUdpOnBun(at));
  } catch (error) {
    throw listenError("UDP", at, error);
  }
};
