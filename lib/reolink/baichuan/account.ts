/** A password that shows as `***` wherever a value gets shown by accident. */
export interface Password {
  /** The password itself, for the one place that must have it. */
  reveal(): string;
}

/** A user name and its password. */
export interface Account {
  readonly user: string;
  /** Absent for cameras that have none. */
  readonly password?: Password;
}
