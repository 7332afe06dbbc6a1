/** A notebook run from the command line, without a server. */
export { NotebookError } from "./notebook";
export { parseParameter } from "./parameters";
export { type RunOptions, type RunResult, runCommand, runNotebook } from "./run";
