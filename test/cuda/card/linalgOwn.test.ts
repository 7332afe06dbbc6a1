import "../../engine/ops/linalg.test";

/* The suite of factorisations once more, on a card without cuSOLVER: by the engine's own kernels. */

// The library is opened by the first test that would use it.
process.env.GRADBOOK_CUSOLVER = "off";
