import { shapeText } from "../core/arguments";
import { float64, int8, int32 } from "../core/dtype";
import { native } from "../core/native";
import { quoted } from "../core/signature";
import { Tensor, wrap } from "../core/tensor";
import { Linear, Module, type StateDict } from "../nn";
import { QuantizedTensor, qint8, quantizePerTensor } from "./quantizedTensor";

/** The addon's rows begin at multiples of so many bytes. */
const ROW = 64;

/** The smallest scale of a weight, as PyTorch's observers have it. */
const EPS = 2 ** -23;

/** What a forward pass takes: the weight with padded rows, the sums of its rows, the bias. */
interface Packed {
	weight: Tensor;
	rowSums: Tensor;
	scale: number;
	bias: Tensor | null;
}

function pack(weight: Tensor, scale: number, bias: Tensor | null): Packed {
	const [out, inner] = weight.shape as [number, number];
	const rows = wrap(native.full([out, Math.ceil(inner / ROW) * ROW], 0, int8.code, weight.handle));
	rows.narrow(1, 0, inner).copy_(weight);
	return { weight: rows, rowSums: weight.sum(1).to(int32), scale, bias };
}

/**
 * A linear layer whose weight is kept as bytes, with one scale for all, and whose input is turned into bytes anew in every
 * call, by the range that it has then: x is round(x / scale) + zero, from 0 to 127 (PyTorch's `reduce_range`, the default
 * of its x86 and fbgemm engines), the weight round(w / scale), from −128 to 127, with scale = max |w| / 127.5. Products
 * are added up exactly. For evaluation: no gradient flows through it.
 *
 * `stateDict()` has the bytes as `weight` (int8), their `scale` (float64) and the `bias`; PyTorch keeps the three in one
 * object of its own there.
 *
 * Made by `ao.quantization.quantizeDynamic`. Shape: `[…, inFeatures]` to `[…, outFeatures]`, float32.
 */
export class DynamicQuantizedLinear extends Module {
	readonly inFeatures: number;
	readonly outFeatures: number;
	/** One object: its tensors are neither parameters nor buffers, so that casts of the model leave them alone. @internal */
	_packed: Packed;

	/** @internal Use `fromFloat`. */
	constructor(weight: QuantizedTensor, bias: Tensor | null) {
		super();
		[this.outFeatures, this.inFeatures] = weight.shape as [number, number];
		this._packed = pack(weight.intRepr(), weight.qScale(), bias);
		this.registerStateDictPostHook(save);
		this.registerLoadStateDictPreHook(load);
	}

	/** The quantized form of a float32 layer, by the range of its weight; the bias is copied. */
	static fromFloat(layer: Linear): DynamicQuantizedLinear {
		if (!(layer instanceof Linear)) {
			throw new TypeError(`[DynamicQuantizedLinear] fromFloat takes a Linear, got ${quoted(layer)}`);
		}
		const largest = layer.weight.numel() === 0 ? 0 : layer.weight.detach().abs().max().item();
		const scale = Math.max(Math.fround(largest / 127.5), EPS);
		const weight = quantizePerTensor(layer.weight.detach(), scale, 0, qint8);
		return new DynamicQuantizedLinear(weight, layer.bias?.detach().clone() ?? null);
	}

	/** The weight's bytes and scale. */
	weight(): QuantizedTensor {
		const { weight, scale } = this._packed;
		return new QuantizedTensor(weight.narrow(1, 0, this.inFeatures).contiguous(), scale, 0, qint8);
	}

	bias(): Tensor | null {
		return this._packed.bias;
	}

	forward(input: Tensor): Tensor {
		if (input.size(-1) !== this.inFeatures) {
			throw new RangeError(
				`[DynamicQuantizedLinear] expected ${this.inFeatures} input features, got input of shape ${shapeText(input.shape)}`,
			);
		}
		const { weight, rowSums, scale, bias } = this._packed;
		return wrap(
			native.linearDynamic(input.handle, weight.handle, rowSums.handle, scale, bias === null ? null : bias.handle),
		);
	}

	override extraRepr(): string {
		return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, dtype=${qint8}, qscheme=torch.per_tensor_affine`;
	}
}

function save(module: DynamicQuantizedLinear, state: StateDict, prefix: string): void {
	const { scale, bias } = module._packed;
	state[`${prefix}weight`] = module.weight().intRepr();
	state[`${prefix}scale`] = wrap(native.full([], scale, float64.code));
	if (bias !== null) state[`${prefix}bias`] = bias;
}

/** Takes the entries out of the state: nothing else of the module reads them. */
function load(module: DynamicQuantizedLinear, state: StateDict, prefix: string): void {
	const present = module._packed.bias;
	const take = (key: string, shape: readonly number[], dtype: string): Tensor => {
		const tensor = state[prefix + key];
		if (!(tensor instanceof Tensor)) {
			throw new Error(`[loadStateDict] "${prefix}${key}" of a DynamicQuantizedLinear is missing from the state dict`);
		}
		if (`${tensor.shape}` !== `${shape}` || tensor.dtype.name !== dtype) {
			throw new RangeError(
				`[loadStateDict] expected "${prefix}${key}" to be ${dtype} of shape ${shapeText(shape)}, got ${tensor.dtype.name} of shape ${shapeText(tensor.shape)}`,
			);
		}
		delete state[prefix + key];
		return tensor;
	};
	const weight = take("weight", [module.outFeatures, module.inFeatures], "int8");
	const scale = take("scale", [], "float64").item();
	const bias = present === null ? null : take("bias", [module.outFeatures], "float32").clone();
	module._packed = pack(weight, scale, bias);
}
