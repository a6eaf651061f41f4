/**
 * `${VAR}` and `${VAR:default}` in the values of a configuration.
 *
 * @module
 */

/** `$${` stands for `${` itself. */
const VARIABLE = /\$(\$\{)|\$\{([^{}]*)\}|\$\{/g;

/** `scheme://user:` up to the last `@` in front of path and query: what must be percent-encoded. */
const USERINFO = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i;

export interface Expansion {
  readonly text: string;
  /** Whether anything of it came from a variable, and so may be a secret. */
  readonly fromVariable: boolean;
  /** What could not be expanded, each as a clause. */
  readonly problems: readonly string[];
}

/**
 * The text with its variables replaced. Between `://` and `@` of an address values are
 * percent-encoded, so that a password can be kept in a variable just as it is.
 */
export function expandVariables(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Expansion {
  const problems: string[] = [];
  let fromVariable = false;
  const encodedUpTo = userinfoEnd(text);
  const expanded = text.replace(VARIABLE, (match, escaped, body, at: number) => {
    if (escaped !== undefined) return "${";
    if (body === undefined) {
      problems.push('has a "${" without its "}"; write "$${" where no variable is meant');
      return "";
    }
    const parsed = parseVariable(String(body));
    if (parsed === undefined) {
      problems.push(`has "${match}", which is no variable: write \${NAME} or \${NAME:default}`);
      return "";
    }
    fromVariable = true;
    const value = env[parsed.name] ?? parsed.byDefault;
    if (value === undefined) {
      problems.push(
        `needs the environment variable ${parsed.name}, which is not set; ` +
          `\${${parsed.name}:default} would do without`,
      );
      return "";
    }
    return at < encodedUpTo ? encodeURIComponent(value) : value;
  });
  return { text: expanded, fromVariable, problems };
}

function parseVariable(
  body: string,
): { readonly name: string; readonly byDefault: string | undefined } | undefined {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?$/s.exec(body);
  return match?.[1] === undefined ? undefined : { name: match[1], byDefault: match[2] };
}

/** Where the userinfo of an address ends; defaults within may have slashes and @s of their own. */
function userinfoEnd(text: string): number {
  const masked = text.replace(VARIABLE, (match) => "_".repeat(match.length));
  return USERINFO.exec(masked)?.[0].length ?? 0;
}
