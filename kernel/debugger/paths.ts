import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { hashSeed, murmur2 } from "./hash";

/**
 * Paths of cells are the prefix, the hash of the cell's text, and the suffix. JupyterLab shows what has `ipykernel_` in its
 * path as "Cell [3]", and everything else as the path.
 */
export const pathPrefix = join(tmpdir(), `gradbook_ipykernel_${process.pid}`) + sep;
export const pathSuffix = ".ts";

export function pathOfCell(text: string): string {
	return `${pathPrefix}${murmur2(text, hashSeed)}${pathSuffix}`;
}
