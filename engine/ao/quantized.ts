export * as dynamic from "./dynamic";
