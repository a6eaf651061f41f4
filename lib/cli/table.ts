/** Tables for people. @module */

const GAP = "  ";

/**
 * Lines of aligned columns, a heading first. Columns come in order of importance: on a terminal too
 * narrow for all of them the last ones are left out, and what is still too wide is cut off.
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): readonly string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => lengthOf(row[column] ?? "")))
  );
  const columns = fitting(widths, width);
  return all.map((row) =>
    cut(
      columns.map((column) => pad(row[column] ?? "", widths[column] ?? 0)).join(GAP).trimEnd(),
      width,
    )
  );
}

/** The first columns that fit, at least one. */
function fitting(widths: readonly number[], width: number): readonly number[] {
  let total = 0;
  return widths.flatMap((own, column) => {
    total += own + (column === 0 ? 0 : GAP.length);
    return column === 0 || total <= width ? [column] : [];
  });
}

function pad(text: string, width: number): string {
  return text + " ".repeat(width - lengthOf(text));
}

/** A line no wider than the terminal. */
export function cut(line: string, width: number): string {
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join("")}…`;
}

function lengthOf(text: string): number {
  return [...text].length;
}
