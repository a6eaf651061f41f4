/** Which methods a path has, for `Allow`. @module */

export interface Route {
  readonly method: string;
  /** As Hono has it: `/api/v1/cameras/:name`. */
  readonly path: string;
}

/** The methods of a path, in alphabetical order; none where there is nothing at that path. */
export function methodsOf(path: string, routes: readonly Route[]): readonly string[] {
  const methods = new Set<string>();
  for (const { method, path: pattern } of routes) {
    if (method === "ALL" || !matches(path, pattern)) continue;
    methods.add(method);
    if (method === "GET") methods.add("HEAD");
  }
  if (methods.size > 0) methods.add("OPTIONS");
  return [...methods].sort();
}

/** Whether a path fits the pattern of a route. */
export function matches(path: string, pattern: string): boolean {
  const parts = path.split("/");
  const wanted = pattern.split("/");
  if (wanted.at(-1) === "*") {
    return wanted.slice(0, -1).every((want, i) => isMatch(parts[i], want));
  }
  return parts.length === wanted.length && wanted.every((want, i) => isMatch(parts[i], want));
}

function isMatch(part: string | undefined, want: string): boolean {
  return want.startsWith(":") ? part !== undefined && part !== "" : part === want;
}
