/* `torch.amp`: mixed precision. */

export { autocast, isAvailable as isAutocastAvailable } from "../core/autocast";
export { GradScaler, type GradScalerOptions, type GradScalerState } from "./gradScaler";
