export { DynamicQuantizedLinear as Linear } from "./dynamicLinear";
