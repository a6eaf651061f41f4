import type { Loudspeaker, Talker } from "../../lib/media/source.ts";

/** A loudspeaker that remembers what was said. */
export class FakeLoudspeaker implements Loudspeaker {
  isBusy = false;
  readonly said: number[] = [];
  talkers = 0;

  talker(): Talker {
    this.talkers += 1;
    return {
      say: (samples) => void this.said.push(...samples),
      end: () => void (this.talkers -= 1),
    };
  }
}
