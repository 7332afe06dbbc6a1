import { empty } from "../../ops/create";

/** Python's rounding: halves to the even number. */
export function roundHalfToEven(value: number): number {
	const down = Math.floor(value);
	return value - down === 0.5 ? down + (Math.abs(down) % 2) : Math.round(value);
}

/** One number of [low, high), as torchvision draws it. */
export function drawUniform(low: number, high: number): number {
	return empty(1).uniform_(low, high).item();
}
