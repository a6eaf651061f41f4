/**
 * Rules about more than one setting. They look at a file as it was read, whatever else is wrong with
 * it, so that every mistake is told at once; what is not of the right kind is passed over here.
 *
 * @module
 */

import { formatEndpoint } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";
import { nameProblem } from "./camera_name.ts";
import { ConfigError } from "./config_error.ts";
import { formatPath } from "./config_mistakes.ts";
import { DEFAULT_API_LISTEN, DEFAULT_RTSP_LISTEN } from "./daemon_config.ts";
import { parseEndpointArgument } from "./endpoint_argument.ts";
import { parseForward } from "./port_forward.ts";
import type { Finding } from "./schema_mistakes.ts";
import { isRecord, type Path } from "./yaml_tree.ts";

/** All that is wrong between settings. */
export function checkTogether(file: unknown): readonly Finding[] {
  return [
    ...checkNames(cameras(file)),
    ...checkRepeated(list(file, "api", "tokens"), ["api", "tokens"], "name"),
    ...checkRepeated(list(file, "api", "tokens"), ["api", "tokens"], "token"),
    ...checkRepeated(list(file, "rtsp", "users"), ["rtsp", "users"], "name"),
    ...checkGuarded(file),
    ...checkAuthority(file),
    ...checkListeners(file),
    ...cameras(file).flatMap(({ name, settings }) =>
      checkCamera(settings).map((finding) => ({
        ...finding,
        path: ["cameras", name, ...finding.path],
      }))
    ),
  ];
}

interface NamedCamera {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

function checkNames(all: readonly NamedCamera[]): readonly Finding[] {
  const first = new Map<string, string>();
  return all.flatMap(({ name }) => {
    const other = first.get(name.toLowerCase());
    first.set(name.toLowerCase(), name);
    const problem = other === undefined
      ? nameProblem(name)
      : `must have another name: it differs from ${other} by capitals only`;
    return problem === undefined ? [] : [{ path: ["cameras", name], text: problem, at: "key" }];
  });
}

function checkRepeated(entries: readonly unknown[], path: Path, key: string): readonly Finding[] {
  const seen = new Set<unknown>();
  return entries.flatMap((entry, i): readonly Finding[] => {
    const value = isRecord(entry) ? entry[key] : undefined;
    if (value === undefined || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [{
      path: [...path, i, key],
      text: "must be another one: it is there twice",
      at: "value",
    }];
  });
}

/** Without a token everybody who can reach the port could have the cameras. */
function checkGuarded(file: unknown): readonly Finding[] {
  const listen = listenOf(file, "api", DEFAULT_API_LISTEN);
  if (listen === undefined || isLoopback(listen) || list(file, "api", "tokens").length > 0) {
    return [];
  }
  const text = `must be on 127.0.0.1, or api.tokens must have a token: is ${
    formatEndpoint(listen)
  }`;
  return [{ path: ["api", "listen"], text, at: "value" }];
}

/** Nobody looks at a certificate where there is no TLS. */
function checkAuthority(file: unknown): readonly Finding[] {
  const mqtt = isRecord(file) && isRecord(file["mqtt"]) ? file["mqtt"] : {};
  const isPlain = typeof mqtt["server"] === "string" && /^mqtt:/i.test(mqtt["server"]);
  if (mqtt["ca"] === undefined || !isPlain) return [];
  const key = mqtt["ca_file"] === undefined ? "ca" : "ca_file";
  return [{ path: ["mqtt", key], text: "is for a server that begins with mqtts://", at: "key" }];
}

/** No two listeners can have the same port, unless on different addresses. */
function checkListeners(file: unknown): readonly Finding[] {
  const all: { readonly path: Path; readonly at: Endpoint | undefined }[] = [
    { path: ["api", "listen"], at: listenOf(file, "api", DEFAULT_API_LISTEN) },
    { path: ["rtsp", "listen"], at: listenOf(file, "rtsp", DEFAULT_RTSP_LISTEN) },
    ...cameras(file).flatMap(({ name, settings }) =>
      asList(settings["forward"]).map((text, i) => ({
        path: ["cameras", name, "forward", i],
        at: attempt(() => parseForward(String(text)).listen),
      }))
    ),
  ];
  return all.flatMap(({ path, at }, i): readonly Finding[] => {
    const other = all.slice(0, i).find((earlier) => collide(earlier.at, at));
    if (other === undefined) return [];
    const text = `must have another port: ${formatPath(other.path)} has it already`;
    return [{ path, text, at: "value" }];
  });
}

/** What is wrong between the settings of one camera, in a file or in a request. */
export function checkCamera(settings: Readonly<Record<string, unknown>>): readonly Finding[] {
  const { address } = settings;
  if (typeof address !== "string") return [];
  const findings: Finding[] = [];
  const find = (key: string, text: string) => findings.push({ path: [key], text, at: "key" });
  const isReolink = /^reolink:/i.test(address);
  if (isReolink && asList(settings["forward"]).length > 0) {
    find("forward", "is for Dahua devices only: Reolink cameras have no ports to offer");
  }
  if (!isReolink && settings["wake_budget"] !== undefined) {
    find("wake_budget", "is for Reolink cameras only: Dahua devices do not sleep");
  }
  const hasPassword = /^[a-z]+:\/\/[^/?#]*:[^/?#]*@/i.test(address);
  if (hasPassword && settings["password"] !== undefined) {
    find(
      settings["password_file"] === undefined ? "password" : "password_file",
      "must be left out: the address has a password, too",
    );
  }
  return findings;
}

/** Whether only this machine can reach it. */
export function isLoopback({ address }: Endpoint): boolean {
  return address.startsWith("127.");
}

function collide(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  if (a === undefined || b === undefined || a.port === 0 || a.port !== b.port) return false;
  return a.address === b.address || a.address === "0.0.0.0" || b.address === "0.0.0.0";
}

function cameras(file: unknown): readonly NamedCamera[] {
  const all = isRecord(file) && isRecord(file["cameras"]) ? file["cameras"] : {};
  return Object.entries(all).map(([name, value]) => ({
    name,
    settings: isRecord(value) ? value : {},
  }));
}

function list(file: unknown, section: string, key: string): readonly unknown[] {
  const inner = isRecord(file) ? file[section] : undefined;
  return isRecord(inner) ? asList(inner[key]) : [];
}

function listenOf(file: unknown, section: string, byDefault: Endpoint): Endpoint | undefined {
  const inner = isRecord(file) ? file[section] : undefined;
  const text = isRecord(inner) ? inner["listen"] : undefined;
  return text === undefined ? byDefault : attempt(() => parseEndpointArgument(String(text), ""));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
