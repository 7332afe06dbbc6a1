/** Source maps (version 3, JSON text) of local modules that were compiled, by the file name that stack frames carry. */
export const moduleSourceMaps = new Map<string, string>();
