import { setPriority } from "node:os";
import { native } from "../core/native";

/* A program: node compileAheadProgram.js CAPABILITY PLACE… compiles these of the common units, and keeps them on the disk. */

setPriority(5);
const [capability, ...places] = process.argv.slice(2).map(Number);
for (const place of places) native.cudaCompileCommon(place, capability!);
