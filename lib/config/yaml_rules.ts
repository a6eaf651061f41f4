import type { YAMLParseError } from "yaml";

/**
 * What is wrong with a file that is no YAML, by the parser's code. In our own words, as the parser's
 * quote what it stumbled over, and that may be a password.
 */
export const YAML_RULES: Readonly<Record<YAMLParseError["code"], string>> = {
  ALIAS_PROPS: "An alias can have neither anchor nor tag",
  BAD_ALIAS: "An alias must name an anchor; put a value that begins with * or & in quotes",
  BAD_COLLECTION_TYPE: "A tag does not fit its value; put a value that begins with ! in quotes",
  BAD_DIRECTIVE:
    "A line that begins with % is no setting; put a value that begins with % in quotes",
  BAD_DQ_ESCAPE: 'A backslash in "double quotes" must be written twice; or use single quotes',
  BAD_INDENT: "This line is not indented as those around it",
  BAD_PROP_ORDER: "Anchors and tags must stand before what they belong to",
  BAD_SCALAR_START: "A value cannot begin with this character: put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "There is a second colon in this line: put the value in quotes",
  BLOCK_IN_FLOW: "Between brackets nothing can span lines as a block",
  DUPLICATE_KEY: "A key can be there once",
  IMPOSSIBLE: "This cannot be read",
  KEY_OVER_1024_CHARS: "A key can have 1024 characters",
  MISSING_CHAR: "A quote, bracket, comma, colon or space is missing here",
  MULTILINE_IMPLICIT_KEY: "A key must stand in one line, with a colon behind it",
  MULTIPLE_ANCHORS: "A value can have one anchor",
  MULTIPLE_DOCS: "The file must be one document: take out the line with ---",
  MULTIPLE_TAGS: "A value can have one tag",
  NON_STRING_KEY: "A key must be a plain word",
  RESOURCE_EXHAUSTION: "Values are nested too deep, or aliased too often",
  TAB_AS_INDENT: "Lines are indented with spaces, never with tabs",
  TAG_RESOLVE_FAILED: "This tag has no meaning here; put a value that begins with ! in quotes",
  UNEXPECTED_TOKEN: "This does not belong here; put a value with special characters in quotes",
};
