/** Lines that set a secret by its value: not a variable, and not from a file. */
const SECRET = /(?:^|[\s{,-])["']?(?:password|token|secret)["']?\s*:\s*["']?(?!["']?\$\{)[^\s"'#}]/;

/** An address with a password in it: `scheme://user:password@`. */
const ADDRESS = /[a-z]+:\/\/[^\s/@:"']*:(?!\$\{)[^\s/@"']+@/i;

/** Lines of a configuration file, from 1, with a secret that everybody could read there. */
export function openSecrets(text: string): readonly number[] {
  return text.split("\n").flatMap((line, index) => {
    const said = line.replace(/(^|\s)#.*$/, "");
    return SECRET.test(said) || ADDRESS.test(said) ? [index + 1] : [];
  });
}
