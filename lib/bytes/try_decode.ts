import { DecodeError } from "./decode_error.ts";

/** What `decode` gives, or `undefined` when it throws `DecodeError`. */
export function tryDecode<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
