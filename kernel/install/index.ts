export { examine, type Finding, report } from "./doctor";
export { findChromium, findJupyterLab, type JupyterLab, onPath } from "./jupyter";
export { labLaunch, openLab } from "./lab";
export * as places from "./places";
export { findSpecs, installInto, type KernelSpec, kernelSpec, uninstallFrom } from "./spec";
export { VenvError } from "./venv";
