import { type BcMessage } from "../../reolink/baichuan/codec.ts";
import type { CipherMode } from "../../reolink/baichuan/cipher.ts";
import { type Extension, sealedExtension, wordAt } from "../../reolink/baichuan/extension.ts";
import type { BcHeader } from "../../reolink/baichuan/header.ts";

/** The most of a frame that one message carries. */
const MAX_PAYLOAD = 32 << 10;

/**
 * How much of a frame is enciphered where media are: the first message of a frame has just that
 * much, as one public client forgets whatever comes behind it [observed].
 */
const SEALED_LENGTH = 1_024;

/** A frame as the messages that carry it, one behind the other. */
export function* mediaMessages(
  header: BcHeader,
  mode: CipherMode,
  frame: Uint8Array,
): Generator<BcMessage> {
  const isSealed = mode === "fullAes";
  for (let at = 0; at < frame.byteLength;) {
    const isHead = isSealed && at === 0;
    const bytes = frame.subarray(at, at + (isHead ? SEALED_LENGTH : MAX_PAYLOAD));
    const extension = isHead
      ? sealedExtension(bytes, SEALED_LENGTH)
      : isSealed
      ? restExtension(bytes)
      : undefined;
    yield { header, ...(extension && { extension }), payload: { type: "binary", bytes } };
    at += bytes.byteLength;
  }
}

/** Of what goes on with a frame: not said to be binary, and in the clear [observed]. */
function restExtension(bytes: Uint8Array): Extension | undefined {
  const checkValue = wordAt(bytes, 0);
  return checkValue === undefined ? undefined : { checkPosition: 0, checkValue };
}
