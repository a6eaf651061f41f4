/**
 * The house rules that a linter can see: who imports whom, who touches the world, how long a file
 * may grow, and that a `!` says why it holds. Loaded by `deno lint` (deno.json, `lint.plugins`).
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { objection } from "./rooms.ts";
import {
  isRandomExport,
  isWorldGlobal,
  isWorldMember,
  isWorldModule,
  mayOwnProcess,
  mayTouchWorld,
} from "./world.ts";

const TOP = fileURLToPath(new URL("../../", import.meta.url)).replaceAll("\\", "/");
const MAX_LINES = 450;

type Context = Deno.lint.RuleContext;
type Node = Deno.lint.Node;

const importDirection: Deno.lint.Rule = {
  create(context) {
    const from = pathFromTop(context.filename);
    function check(node: Node, specifier: string, typeOnly: boolean): void {
      if (!specifier.startsWith(".")) return;
      const why = objection({ from, to: resolve(from, specifier), typeOnly });
      if (why !== undefined) context.report({ node, message: `Cannot import this as ${why}` });
    }
    return {
      ImportDeclaration(node) {
        const typeOnly = node.importKind === "type" ||
          (node.specifiers.length > 0 && node.specifiers.every(isTypeSpecifier));
        check(node, node.source.value, typeOnly);
      },
      ExportNamedDeclaration(node) {
        if (node.source) check(node, node.source.value, node.exportKind === "type");
      },
      ExportAllDeclaration(node) {
        check(node, node.source.value, node.exportKind === "type");
      },
      ImportExpression(node) {
        if (isString(node.source)) check(node, node.source.value, false);
      },
    };
  },
};

const worldOnlyInIo: Deno.lint.Rule = {
  create(context) {
    const path = pathFromTop(context.filename);
    if (mayTouchWorld(path)) return {};
    function report(node: Node, what: string): void {
      context.report({ node, message: `Cannot use ${what} here as only lib/io touches the world` });
    }
    return {
      ImportDeclaration(node) {
        const module = node.source.value;
        if (isWorldModule(module)) report(node, module);
        if (module === "node:process" && !mayOwnProcess(path)) report(node, module);
        if (module !== "node:crypto") return;
        for (const specifier of node.specifiers) {
          if (specifier.type !== "ImportSpecifier" || specifier.imported.type !== "Identifier") {
            report(specifier, "a whole node:crypto");
          } else if (isRandomExport(specifier.imported.name)) {
            report(specifier, specifier.imported.name);
          }
        }
      },
      ImportExpression(node) {
        if (isString(node.source) && isWorldModule(node.source.value)) {
          report(node, node.source.value);
        }
      },
      Identifier(node) {
        if (!isReference(node)) return;
        if (isWorldGlobal(node.name)) report(node, node.name);
        if (!mayOwnProcess(path) && ["console", "process"].includes(node.name)) {
          report(node, node.name);
        }
      },
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type !== "Identifier" || property.type !== "Identifier") return;
        const known = object.name === "globalThis"
          ? isWorldGlobal(property.name)
          : isWorldMember(object.name, property.name);
        if (known) report(node, `${object.name}.${property.name}`);
      },
      NewExpression(node) {
        if (isNamed(node.callee, "Date") && node.arguments.length === 0) report(node, "new Date()");
      },
      CallExpression(node) {
        if (isNamed(node.callee, "Date")) report(node, "Date()");
      },
    };
  },
};

const smallFiles: Deno.lint.Rule = {
  create(context) {
    return {
      Program() {
        const lines = context.sourceCode.text.split("\n").length - 1;
        if (lines <= MAX_LINES) return;
        const message = `A file has at most ${MAX_LINES} lines: this one has ${lines}`;
        context.report({ range: [0, 1], message, hint: "Does it have two reasons to change?" });
      },
    };
  },
};

const reasonForNonNull: Deno.lint.Rule = {
  create(context) {
    return {
      TSNonNullExpression(node) {
        if (hasCommentNear(context, node)) return;
        const message = "A `!` needs a comment that says why it holds, on its line or above it";
        context.report({ node, message });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "sightline",
  rules: {
    "import-direction": importDirection,
    "world-only-in-io": worldOnlyInIo,
    "small-files": smallFiles,
    "reason-for-non-null": reasonForNonNull,
  },
};
export default plugin;

function pathFromTop(filename: string): string {
  const path = filename.replaceAll("\\", "/");
  return path.startsWith(TOP) ? path.slice(TOP.length) : path;
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function isTypeSpecifier(node: Deno.lint.ImportDeclaration["specifiers"][number]): boolean {
  return node.type === "ImportSpecifier" && node.importKind === "type";
}

function isString(node: Node): node is Deno.lint.StringLiteral {
  return node.type === "Literal" && typeof node.value === "string";
}

function isNamed(node: Node, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** Whether the identifier stands for a variable, not for the name of a member. */
function isReference(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node || parent.computed;
  return !("key" in parent && parent.key === node) && !/^Import\w*Specifier$/.test(parent.type);
}

function hasCommentNear(context: Context, node: Node): boolean {
  const { text } = context.sourceCode;
  const lineStart = text.lastIndexOf("\n", node.range[0]) + 1;
  const lineEnd = text.indexOf("\n", node.range[1]);
  const lineAbove = text.lastIndexOf("\n", lineStart - 2) + 1;
  const near = text.slice(lineAbove, lineEnd < 0 ? undefined : lineEnd);
  return /(^|\s)(\/\/|\*\/|\/\*)/.test(near);
}
