/** `promise`, or what `aborted` makes if `signal` fires before it settles. */
export async function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  aborted: () => Error,
): Promise<T> {
  let onAbort = (): void => {};
  const abort = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(aborted());
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([abort, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
