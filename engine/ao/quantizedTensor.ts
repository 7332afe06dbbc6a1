import { inspect } from "node:util";
import { type DType, float32, int8, uint8 } from "../core/dtype";
import { noGrad } from "../core/gradMode";
import { tensorText } from "../core/printing";
import { float, tuple } from "../core/pythonText";
import { quoted } from "../core/signature";
import { Tensor } from "../core/tensor";

/** A type of integers that stand for real numbers: (q − zeroPoint)·scale. */
export interface QDType {
	readonly name: "qint8" | "quint8";
	/** What holds the integers. */
	readonly storage: DType;
	readonly min: number;
	readonly max: number;
	/** PyTorch's text: `torch.qint8`. */
	toString(): string;
}

function define(name: QDType["name"], storage: DType, min: number, max: number): QDType {
	return Object.freeze({ name, storage, min, max, toString: () => `torch.${name}` });
}

export const qint8 = define("qint8", int8, -128, 127);
export const quint8 = define("quint8", uint8, 0, 255);

/** Numbers kept as integers of one byte, with one scale for all. */
export class QuantizedTensor {
	readonly dtype: QDType;
	readonly #integers: Tensor;
	readonly #scale: number;
	readonly #zeroPoint: number;

	/** @internal Use `quantizePerTensor`. */
	constructor(integers: Tensor, scale: number, zeroPoint: number, dtype: QDType) {
		this.#integers = integers;
		this.#scale = scale;
		this.#zeroPoint = zeroPoint;
		this.dtype = dtype;
	}

	get shape(): number[] {
		return this.#integers.shape;
	}

	/** The integers. */
	intRepr(): Tensor {
		return this.#integers;
	}

	qScale(): number {
		return this.#scale;
	}

	qZeroPoint(): number {
		return this.#zeroPoint;
	}

	/** The numbers that the integers stand for, as float32. */
	dequantize(): Tensor {
		return this.#integers.to(float32).sub(this.#zeroPoint).mul(this.#scale);
	}

	/** PyTorch's text. */
	toString(): string {
		return tensorText(this.dequantize(), [
			`size=${tuple(this.shape)}`,
			`dtype=${this.dtype}`,
			"quantization_scheme=torch.per_tensor_affine",
			`scale=${float(this.#scale)}`,
			`zero_point=${this.#zeroPoint}`,
		]);
	}

	[inspect.custom](): string {
		return this.toString();
	}
}

/** float32 numbers as integers: round(x / scale) + zeroPoint, bounded by the type's range. */
export function quantizePerTensor(input: Tensor, scale: number, zeroPoint: number, dtype: QDType): QuantizedTensor {
	if (!(input instanceof Tensor) || input.dtype !== float32) {
		throw new TypeError(
			`[quantizePerTensor] expected a float32 tensor, got ${input instanceof Tensor ? input.dtype : quoted(input)}`,
		);
	}
	if (!(scale > 0 && Number.isFinite(scale))) {
		throw new RangeError(`[quantizePerTensor] scale must be a positive number, got ${quoted(scale)}`);
	}
	if (!(Number.isInteger(zeroPoint) && zeroPoint >= dtype.min && zeroPoint <= dtype.max)) {
		throw new RangeError(
			`[quantizePerTensor] zeroPoint must be an integer from ${dtype.min} to ${dtype.max}, got ${quoted(zeroPoint)}`,
		);
	}
	const integers = noGrad(() =>
		input
			.mul(Math.fround(1 / Math.fround(scale)))
			.round()
			.add(zeroPoint)
			.clamp(dtype.min, dtype.max)
			.to(dtype.storage),
	);
	return new QuantizedTensor(integers, scale, zeroPoint, dtype);
}
