import { noGrad } from "../../core/gradMode";
import { type NamedTuple, namedTuple } from "../../core/namedTuple";
import { anything, flag, real, signature, size } from "../../core/signature";
import type { Tensor } from "../../core/tensor";
import { cat } from "../../ops";
import { type FactoryOptions, factory } from "../factory";
import { logSoftmax } from "../functional";
import { ModuleList, Sequential } from "./container";
import { Linear } from "./linear";
import { Module } from "./module";

export interface AdaptiveLogSoftmaxOptions extends FactoryOptions {
	/** Each cluster's input is smaller than the one before it by this factor. Default 4. */
	divValue?: number;
	/** A bias in the head. Default false. */
	headBias?: boolean;
}

/** What the loss gives: the logarithm of each target's probability, [N], and the mean of −output. */
export type AdaptiveLogSoftmaxOutput = NamedTuple<"output" | "loss">;

const softmaxArguments = signature("AdaptiveLogSoftmaxWithLoss", {
	inFeatures: size(),
	nClasses: size(),
	cutoffs: anything<readonly number[]>("a list of integers", (value) => Array.isArray(value)),
	divValue: real(4),
	headBias: flag(false),
	...factory,
});

function checkCutoffs(cutoffs: readonly number[], classes: number): void {
	if (cutoffs.length === 0) {
		throw new RangeError("[AdaptiveLogSoftmaxWithLoss] cutoffs should be a sequence of length larger than 0");
	}
	const rises = cutoffs.every((cut, i) => Number.isInteger(cut) && cut > (cutoffs[i - 1] ?? 0) && cut <= classes - 1);
	if (!rises) {
		throw new RangeError(
			`[AdaptiveLogSoftmaxWithLoss] cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between 1 and n_classes-1, got [${cutoffs.join(", ")}] for ${classes} classes`,
		);
	}
}

/**
 * Softmax over many classes of which the first are the most frequent (Grave et al., 2017): a head decides between those below
 * the first cutoff and clusters of the others, whose probabilities are computed, in fewer features, where they are needed.
 *
 * Shape: input `[N, inFeatures]` and target `[N]`, or `[inFeatures]` and a single class, to `const { output, loss }`, [N] and a number.
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
	readonly inFeatures: number;
	readonly nClasses: number;
	/** With the number of classes at the end. */
	readonly cutoffs: readonly number[];
	readonly divValue: number;
	readonly headBias: boolean;
	readonly shortlistSize: number;
	readonly nClusters: number;
	readonly headSize: number;
	head: Linear;
	tail: ModuleList;

	constructor(
		...args:
			| [inFeatures: number, nClasses: number, cutoffs: readonly number[], options?: AdaptiveLogSoftmaxOptions]
			| [inFeatures: number, nClasses: number, cutoffs: readonly number[], divValue: number, headBias?: boolean]
			| [inFeatures: number, nClasses: number, options: AdaptiveLogSoftmaxOptions & { cutoffs: readonly number[] }]
			| [options: AdaptiveLogSoftmaxOptions & { inFeatures: number; nClasses: number; cutoffs: readonly number[] }]
	) {
		super();
		const { inFeatures, nClasses, cutoffs, divValue, headBias, device, dtype } = softmaxArguments(args);
		checkCutoffs(cutoffs, nClasses);
		this.inFeatures = inFeatures;
		this.nClasses = nClasses;
		this.cutoffs = [...cutoffs, nClasses];
		this.divValue = divValue;
		this.headBias = headBias;
		this.shortlistSize = cutoffs[0]!;
		this.nClusters = cutoffs.length;
		this.headSize = this.shortlistSize + this.nClusters;
		const place: FactoryOptions = { ...(device && { device }), ...(dtype && { dtype }) };
		this.head = new Linear(inFeatures, this.headSize, { bias: headBias, ...place });
		const clusters = cutoffs.map((cut, i) => {
			const hidden = Math.floor(inFeatures / divValue ** (i + 1));
			const classes = this.cutoffs[i + 1]! - cut;
			const options = { bias: false, ...place };
			return new Sequential(new Linear(inFeatures, hidden, options), new Linear(hidden, classes, options));
		});
		this.tail = new ModuleList(clusters);
	}

	resetParameters(): void {
		this.head.resetParameters();
		for (const cluster of this.tail) for (const layer of cluster as Sequential) (layer as Linear).resetParameters();
	}

	#cluster(i: number, input: Tensor): Tensor {
		return logSoftmax((this.tail.at(i) as Sequential)(input) as Tensor, 1);
	}

	forward(input: Tensor, target: Tensor): AdaptiveLogSoftmaxOutput {
		checkShapes(input, target);
		const single = target.ndim === 0;
		const x = single ? input.unsqueeze(0) : input;
		const classes = single ? target.unsqueeze(0) : target;
		const head = logSoftmax(this.head(x) as Tensor, 1);
		let output = x.newZeros([classes.size(0)]);
		let places = classes;
		let used = 0;
		for (let i = 0; i <= this.nClusters; i++) {
			const [low, high] = [i === 0 ? 0 : this.cutoffs[i - 1]!, this.cutoffs[i]!];
			const mask = classes.ge(low).logicalAnd(classes.lt(high));
			const rows = noGrad(() => mask.nonzero().squeeze(1));
			used += rows.numel();
			if (i === 0 || rows.numel() === 0) continue;
			const own = this.#cluster(i - 1, x.indexSelect(0, rows));
			const found = own.gather(1, classes.at(mask).sub(low).unsqueeze(1)).squeeze(1);
			places = places.indexFill(0, rows, this.shortlistSize + i - 1);
			output = output.indexCopy(0, rows, found);
		}
		if (used !== classes.size(0)) {
			throw new RangeError(
				`[AdaptiveLogSoftmaxWithLoss] Target values should be in [0, ${this.nClasses - 1}], but values in range [${classes.min().item()}, ${classes.max().item()}] were found.`,
			);
		}
		output = output.add(head.gather(1, places.unsqueeze(1)).squeeze(1));
		const loss = output.neg().mean();
		output = single ? output.squeeze(0) : output;
		return namedTuple("AdaptiveLogSoftmaxWithLoss", ["output", "loss"], [output, loss]);
	}

	/** The logarithms of all classes' probabilities, [N, inFeatures] to [N, nClasses]. */
	logProb(input: Tensor): Tensor {
		return this.#all(input, this.head(input) as Tensor);
	}

	#all(input: Tensor, head: Tensor): Tensor {
		const { shortlistSize, nClusters } = this;
		const logs = logSoftmax(head, 1);
		const clusters = Array.from({ length: nClusters }, (_, i) =>
			this.#cluster(i, input).add(logs.narrow(1, shortlistSize + i, 1)),
		);
		return cat([logs.narrow(1, 0, shortlistSize), ...clusters], 1);
	}

	/** The most probable class of each row, [N, inFeatures] to [N]. */
	predict(input: Tensor): Tensor {
		const head = this.head(input) as Tensor;
		const best = head.argmax(1);
		const others = best.ge(this.shortlistSize);
		if (others.any().item() === 0) return best;
		const rows = noGrad(() => others.nonzero().squeeze(1));
		const all = this.#all(input.indexSelect(0, rows), head.indexSelect(0, rows));
		return best.indexCopy(0, rows, all.argmax(1));
	}
}

function checkShapes(input: Tensor, target: Tensor): void {
	const op = "[AdaptiveLogSoftmaxWithLoss]";
	if (target.ndim > 1) throw new RangeError(`${op} 0D or 1D target tensor expected, multi-target not supported`);
	if (input.ndim !== target.ndim + 1) {
		throw new RangeError(
			`${op} ${target.ndim}D target tensor expects ${target.ndim + 1}D input tensors, but found inputs with size [${input.shape.join(", ")}]`,
		);
	}
	if (target.ndim === 1 && input.size(0) !== target.size(0)) {
		throw new RangeError(`${op} Input and target should have the same size in the batch dimension.`);
	}
}
