/**
 * The least a Deno build can do with: what it is compiled with, and what tests run the sources with.
 * For anything else Deno asks at the terminal, and refuses where there is none.
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
  // Addresses of this machine, for cameras in its own network.
  "--allow-sys=networkInterfaces",
  // State of the service, by both names that systemd has for its folder: recordings of failures.
  "--allow-write=/var/lib/sightline,/var/lib/private/sightline",
  // Reports to systemd.
  "--allow-run=/usr/bin/systemd-notify",
];
