import type { ByteStream } from "../io/types.ts";

/** The same stream; `onFirst` hears once when something comes from the other side. */
export function watchedStream(stream: ByteStream, onFirst: () => void): ByteStream {
  let hasCome = false;
  return {
    local: stream.local,
    remote: stream.remote,
    async read() {
      const bytes = await stream.read();
      if (bytes !== undefined && !hasCome) onFirst();
      hasCome ||= bytes !== undefined;
      return bytes;
    },
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    abort: () => stream.abort(),
  };
}
