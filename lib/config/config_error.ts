/** A mistake of the user's in an argument, an address or a file: says what, where and what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
