/**
 * The least a Deno build can do with: what it is compiled with, and what tests run it with.
 *
 * @module
 */

export const DENO_PERMISSIONS: readonly string[] = [
  // Cameras, their clouds and viewers are anywhere.
  "--allow-net",
  // The configuration, and the files of secrets it names, are anywhere.
  "--allow-read",
  // A configuration may name any variable.
  "--allow-env",
  // Addresses of this machine; memory and CPU for /metrics.
  "--allow-sys=networkInterfaces",
];
