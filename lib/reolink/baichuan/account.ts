/** A password that shows as `***` wherever a value gets shown by accident. */
export interface Password {
  /** The password itself, for the one place that must have it. */
  reveal(): string;
}

/** Who somebody says they are. */
export interface Account {
  readonly user: string;
  /** Left out for cameras that never had one set. */
  readonly password?: Password;
}
