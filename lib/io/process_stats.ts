import process from "node:process";

/** What this process takes of the computer. */
export interface ProcessStats {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Of all threads, in user and kernel mode, since the process started. */
  readonly cpuSeconds: number;
  /** Since the process started. */
  readonly uptimeSeconds: number;
}

export function processStats(): ProcessStats {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: rss,
    heapBytes: heapUsed,
    cpuSeconds: (user + system) / 1_000_000,
    uptimeSeconds: process.uptime(),
  };
}
