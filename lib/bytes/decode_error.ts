/**
 * Thrown by every decoder when bytes from a peer cannot be what they claim to be.
 *
 * Whoever reads from a peer catches it in one place, counts it and carries on; any other error
 * thrown while decoding is a bug of ours.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
