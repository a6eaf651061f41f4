import type { ClipVideo } from "./players_clip.ts";
import { run } from "./players.ts";

/** What a run of GStreamer came to. */
export interface GStreamerRun {
  readonly code: number | undefined;
  /** Whether picture and sound both came to the end that was asked for. */
  readonly ended: boolean;
  /** What its elements report: a line each. */
  readonly reports: readonly string[];
}

/**
 * Decodes some seconds of picture and sound. On a busy machine its PAUSE after its own end of stream
 * may meet a connection that it has closed already; then it plays again.
 */
export async function playWithGStreamer(
  url: string,
  video: ClipVideo,
  protocols: string,
  seconds = 2,
): Promise<GStreamerRun> {
  const play = () =>
    run("gst-launch-1.0", [
      ...["rtspsrc", `location=${url}`, `protocols=${protocols}`, "name=camera"],
      ...["camera.", "!", `rtp${video}depay`, "!", `${video}parse`, "!", `avdec_${video}`, "!"],
      ...["identity", `eos-after=${25 * seconds}`, "!", "fakesink", "sync=false"],
      ...["camera.", "!", "rtpmp4gdepay", "!", "aacparse", "!", "avdec_aac", "!"],
      ...["identity", `eos-after=${10 * seconds}`, "!", "fakesink", "sync=false"],
    ], { limit: 1_000 * (10 + seconds) });
  let played = await play();
  for (let again = 0; again < 3 && /gst_rtspsrc_pause/.test(played.stderr); again++) {
    played = await play();
  }
  const { code, stdout, stderr } = played;
  // What its elements report begins a line; a GLib warning of its own when it takes the pipeline
  // apart does not. Of its threads, the one that links may come second; it links by the end.
  const reports = `${stdout}\n${stderr}`.split("\n").filter((line) =>
    /^(?:ERROR|WARNING)/.test(line) && !line.includes("Delayed linking")
  );
  return { code, ended: stdout.includes("Got EOS from element"), reports };
}
