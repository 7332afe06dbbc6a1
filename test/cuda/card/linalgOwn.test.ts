/* Factorisations on a card without cuSOLVER: the suite of the CPU, by the engine's own kernels. */

process.env.GRADBOOK_CUSOLVER = "off";
await import("../../engine/ops/linalg.test");

export {};
