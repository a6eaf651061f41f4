/** The licences of everything in a binary; `scripts/build.ts` writes them. @module */
export const licences = "This runs from its sources: each package in node_modules has its licence.";
