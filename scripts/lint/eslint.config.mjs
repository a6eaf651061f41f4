/**
 * The rules that need types, and only those: everything else is deno lint's. Run by scripts/ok.ts,
 * which first writes the types of Deno's own API to where tsconfig.json expects them.
 */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../../", import.meta.url));
const tseslint = createRequire(`${top}scripts/tools/`)("typescript-eslint");

const rules = {
  "@typescript-eslint/await-thenable": "error",
  // `test()` of node:test returns a promise that the runner itself awaits.
  "@typescript-eslint/no-floating-promises": ["error", {
    allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: "test" }],
  }],
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/switch-exhaustiveness-check": ["error", {
    considerDefaultExhaustiveForUnions: true,
  }],
};

/** Checks these files with the types this project gives them. */
function typed(files, project) {
  return {
    files: [files],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project, tsconfigRootDir: top },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules,
  };
}

export default [
  { ignores: ["**/node_modules/", "dist/", "**/*.mjs", "**/*.d.ts"] },
  typed("**/*.ts", "scripts/lint/tsconfig.json"),
  typed("routes/console/page/*.js", "scripts/lint/tsconfig.page.json"),
];
