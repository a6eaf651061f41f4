/** What a path of the RTSP listener asks for. */
export interface HubPath {
  /** The camera's name as it is asked for. */
  readonly name: string;
  /** What stands behind it, e.g. `ch2`, `sub`. */
  readonly words: readonly string[];
  /** Never reach the camera for it. */
  readonly peek: boolean;
}

/** Reads `/NAME`, `/NAME/sub`, `/NAME/ch2/sub?peek`; other parameters are ignored. */
export function parseHubPath(path: string): HubPath | undefined {
  const [way = "", query = ""] = path.split(/\?(.*)/s, 2);
  const [root, name = "", ...words] = way.replace(/\/$/, "").split("/");
  if (root !== "" || name === "") return undefined;
  return { name, words, peek: new URLSearchParams(query).has("peek") };
}

/** The path of a camera's stream; the camera's own stream is `""`. */
export function formatHubPath(name: string, stream: string): string {
  return stream === "" ? `/${name}` : `/${name}/${stream}`;
}
