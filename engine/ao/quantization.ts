import { anything, flag, quoted, signature } from "../core/signature";
import { deepcopy, Linear, Module } from "../nn";
import { DynamicQuantizedLinear } from "./dynamicLinear";
import { type QDType, qint8 } from "./quantizedTensor";

/* `torch.ao.quantization`: a trained model in fewer bits. */

type Class = abstract new (...args: any[]) => Module;

/** Which modules: classes, or names of submodules (`"encoder.0"`; everything inside one is meant too). */
export type QConfigSpec = Iterable<Class | string>;

export interface QuantizeDynamicOptions {
	/** Which modules. Default: every Linear. */
	qconfigSpec?: QConfigSpec | null;
	/** The type of weights: torch.qint8, which is the default. */
	dtype?: QDType;
	/** Change the model instead of a copy. Default false. */
	inplace?: boolean;
}

const isIterable = (value: unknown) => typeof (value as Iterable<unknown> | null)?.[Symbol.iterator] === "function";

const bind = signature("quantizeDynamic", {
	model: anything<Module>("a module", (value) => value instanceof Module),
	qconfigSpec: anything<QConfigSpec | null>(
		"a set of classes and names, such as new Set([nn.Linear])",
		(value) => value === null || (isIterable(value) && typeof value !== "string"),
		null,
	),
	dtype: anything<QDType>("torch.qint8", (value) => value === qint8, qint8),
	inplace: flag(false),
});

/**
 * The model in evaluation mode with its linear layers exchanged for `DynamicQuantizedLinear`: weights of one byte instead
 * of four, inputs quantized as they come. Only layers inside the model are exchanged, and of a class only those that are
 * of that very class.
 *
 * ```ts
 * const small = torch.ao.quantization.quantizeDynamic(model, new Set([nn.Linear]), { dtype: torch.qint8 });
 * ```
 */
export function quantizeDynamic<M extends Module>(model: M, options?: QuantizeDynamicOptions): M;
export function quantizeDynamic<M extends Module>(
	model: M,
	qconfigSpec: QConfigSpec | null,
	options?: Omit<QuantizeDynamicOptions, "qconfigSpec">,
): M;
export function quantizeDynamic(...args: unknown[]): Module {
	const { model, qconfigSpec, inplace } = bind(args);
	const wanted = new Set(qconfigSpec ?? [Linear]);
	for (const item of wanted) {
		if (item === Linear || typeof item === "string") continue;
		throw new TypeError(
			`[quantizeDynamic] there is a dynamically quantized form of nn.Linear only, qconfigSpec names ${quoted(item)}`,
		);
	}
	const target = inplace ? model : deepcopy(model);
	target.eval();
	exchange(target, "", wanted, false);
	return target;
}

function exchange(parent: Module, prefix: string, wanted: ReadonlySet<Class | string>, inside: boolean): void {
	for (const [key, child, property] of parent._modules()) {
		const name = prefix + key;
		const named = inside || wanted.has(name);
		if (child.constructor === Linear && (named || wanted.has(Linear))) {
			(parent as unknown as Record<string, Module>)[property] = DynamicQuantizedLinear.fromFloat(
				child as Linear,
			).eval();
		} else exchange(child, `${name}.`, wanted, named);
	}
}
