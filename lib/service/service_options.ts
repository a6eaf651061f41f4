/** What a service is to run. */
export interface ServiceOptions {
  /** Path of the program. */
  readonly binary: string;
  /** On a machine that has little memory. */
  readonly lowMemory: boolean;
}
