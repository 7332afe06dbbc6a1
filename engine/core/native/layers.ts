import type { Handle } from "./types";

/* What layers and losses take a kernel of their own for. */

/** Numbers for each spatial dimension; `y` is the convolution's result, `x` its input, weight `[F, C / groups, …kernel]`. */
export interface ConvOps {
	conv: (
		x: Handle,
		weight: Handle,
		bias: Handle | null,
		stride: number[],
		padding: number[],
		dilation: number[],
		groups: number,
	) => Handle;
	/** The gradient of x, of spatial size `size`, plus a bias for every channel of x: the transposed convolution. */
	convInput: (
		y: Handle,
		weight: Handle,
		bias: Handle | null,
		size: number[],
		stride: number[],
		padding: number[],
		dilation: number[],
		groups: number,
	) => Handle;
	/** The gradient of the weight, of kernel size `kernel`. */
	convWeight: (
		y: Handle,
		x: Handle,
		kernel: number[],
		stride: number[],
		padding: number[],
		dilation: number[],
		groups: number,
	) => Handle;
}

/** Over the last dimensions. Places of elements in a plane are int32, in row-major order. */
export interface PoolOps {
	maxPool: (
		x: Handle,
		kernel: number[],
		stride: number[],
		padding: number[],
		dilation: number[],
		ceilMode: boolean,
	) => [values: Handle, places: Handle];
	adaptiveMaxPool: (x: Handle, size: number[]) => [values: Handle, places: Handle];
	/** The gradient of either; adaptive without numbers in `kernel` and its like. */
	maxPoolBackward: (
		grad: Handle,
		places: Handle,
		size: number[],
		kernel: number[],
		stride: number[],
		padding: number[],
		dilation: number[],
	) => Handle;
	/** The elements at `places` of planes of `spatial` dimensions. */
	poolPick: (x: Handle, places: Handle, spatial: number) => Handle;
	/** Elements put at `places` of planes of size `size`, zeros elsewhere; those of one place are added up, or the last counts. */
	poolPut: (x: Handle, places: Handle, size: number[], add: boolean) => Handle;
	/** out[i] along `dim` is the sum of weights[j]·x[columns[j]], j from starts[i] to starts[i + 1]. */
	mix: (x: Handle, dim: number, starts: Int32Array, columns: Int32Array, weights: Float64Array) => Handle;
	/** The same along the last dimension but one, then along the last, in one go: for matrices with few entries in a row. */
	mixPlane: (
		x: Handle,
		starts: Int32Array,
		columns: Int32Array,
		weights: Float64Array,
		startsAcross: Int32Array,
		columnsAcross: Int32Array,
		weightsAcross: Float64Array,
	) => Handle;
}

type Normalized = [result: Handle, mean: Handle, inverse: Handle];
type NormGrads = [dx: Handle | null, dweight: Handle | null, dbias: Handle | null];

/** Each gives the result, and the means and reciprocal deviations that its derivative takes. */
export interface NormOps {
	/** Training: statistics of the batch, and the running ones move; else the running ones are taken. */
	batchNorm: (
		x: Handle,
		weight: Handle | null,
		bias: Handle | null,
		runningMean: Handle | null,
		runningVar: Handle | null,
		training: boolean,
		momentum: number,
		eps: number,
	) => Normalized;
	/** Gradients of input, weight and bias; null where not asked for. */
	batchNormBackward: (
		grad: Handle,
		x: Handle,
		weight: Handle | null,
		bias: Handle | null,
		mean: Handle,
		inverse: Handle,
		training: boolean,
		needX: boolean,
		needWeight: boolean,
		needBias: boolean,
	) => NormGrads;
	layerNorm: (
		x: Handle,
		normalizedShape: readonly number[],
		weight: Handle | null,
		bias: Handle | null,
		eps: number,
	) => Normalized;
	rmsNorm: (x: Handle, normalizedShape: readonly number[], weight: Handle | null, eps: number) => Normalized;
	groupNorm: (x: Handle, groups: number, weight: Handle | null, bias: Handle | null, eps: number) => Normalized;
	/** Of the three above; `inner` neighbours share a factor, and `centred` says whether a mean was taken away. */
	rowNormBackward: (
		grad: Handle,
		x: Handle,
		weight: Handle | null,
		bias: Handle | null,
		mean: Handle,
		inverse: Handle,
		groups: number,
		inner: number,
		centred: boolean,
		needX: boolean,
		needWeight: boolean,
		needBias: boolean,
	) => NormGrads;
}

/** Fills in place with PyTorch's CPU numbers. */
/** Weights of each direction: input [gates·H, I], state [gates·H, P], their two biases, projection [P, H]. */
type RecurrentWeights = (Handle | null)[];

export interface NetworkOps {
	/**
	 * A layer of a recurrent network over packed rows; mode 0 tanh, 1 relu, 2 LSTM, 3 GRU. `kept` is for the derivative.
	 * Five weights for each direction.
	 */
	rnnLayer: (
		mode: number,
		x: Handle,
		batchSizes: Handle,
		h0: Handle,
		c0: Handle | null,
		weights: RecurrentWeights,
	) => [output: Handle, h: Handle, c: Handle | null, kept: Handle];
	/** Gradients of x, h0, c0 and of the weights that are there. */
	rnnLayerBackward: (
		mode: number,
		gradOutput: Handle | null,
		gradH: Handle | null,
		gradC: Handle | null,
		x: Handle,
		batchSizes: Handle,
		h0: Handle,
		c0: Handle | null,
		weights: RecurrentWeights,
		output: Handle,
		kept: Handle,
		needX: boolean,
		needWeights: boolean,
	) => [dx: Handle | null, dh0: Handle, dc0: Handle | null, dWeights: Handle[]];
	/**
	 * All layers in one call, on a card whose cuDNN takes the case; null where none does. `kept` is for the derivative, where
	 * that is wanted.
	 */
	rnnStack: (
		mode: number,
		x: Handle,
		batchSizes: Handle,
		h0: Handle,
		c0: Handle | null,
		weights: RecurrentWeights,
		layers: number,
		dropout: number,
		keep: boolean,
	) => [output: Handle, h: Handle, c: Handle | null, kept: Handle[]] | null;
	/** Copies of the weights that are there, laid as the card's cuDNN reads them at once; none where it is missing or off. */
	rnnFlatten: (mode: number, weights: RecurrentWeights, layers: number) => Handle[];
	rnnStackBackward: (
		mode: number,
		gradOutput: Handle | null,
		gradH: Handle | null,
		gradC: Handle | null,
		x: Handle,
		batchSizes: Handle,
		h0: Handle,
		c0: Handle | null,
		weights: RecurrentWeights,
		layers: number,
		dropout: number,
		output: Handle,
		kept: Handle[],
		needWeights: boolean,
	) => [dx: Handle, dh0: Handle, dc0: Handle | null, dWeights: Handle[]];
	/**
	 * softmax(scale·q kᵀ + mask) v of [N, H, L, E], [N, H, S, E], [N, H, S, V]; the mask [N, H, L, S] is expanded. With it
	 * what its derivative wants to know again.
	 */
	attention: (
		q: Handle,
		k: Handle,
		v: Handle,
		mask: Handle | null,
		causal: boolean,
		scale: number,
	) => [out: Handle, logSums: Handle];
	attentionBackward: (
		grad: Handle,
		q: Handle,
		k: Handle,
		v: Handle,
		mask: Handle | null,
		out: Handle,
		logSums: Handle,
		causal: boolean,
		scale: number,
	) => [dq: Handle, dk: Handle, dv: Handle];
}

/** Reductions of losses: 0 none, 1 mean, 2 sum. Targets: int64 classes [N, …], or class probabilities [N, C, …]. */
export interface LossOps {
	/** Returns the loss, and the log-probabilities and the sum of weights that its derivative needs. */
	crossEntropy: (
		logits: Handle,
		target: Handle,
		weight: Handle | null,
		reduction: number,
		ignoreIndex: number,
		labelSmoothing: number,
	) => [loss: Handle, logProbs: Handle, totalWeight: Handle];
	crossEntropyBackward: (
		grad: Handle,
		logProbs: Handle,
		target: Handle,
		weight: Handle | null,
		reduction: number,
		ignoreIndex: number,
		labelSmoothing: number,
		totalWeight: Handle,
	) => Handle;
	nllLoss: (
		logProbs: Handle,
		target: Handle,
		weight: Handle | null,
		reduction: number,
		ignoreIndex: number,
	) => [loss: Handle, totalWeight: Handle];
	nllLossBackward: (
		grad: Handle,
		logProbs: Handle,
		target: Handle,
		weight: Handle | null,
		reduction: number,
		ignoreIndex: number,
		totalWeight: Handle,
	) => Handle;
	/** Losses [N] of log-probabilities [T, N, C], and states for the derivative. Targets: [N, S], or behind each other. */
	ctcLoss: (
		logProbs: Handle,
		targets: Handle,
		inputLengths: Handle,
		targetLengths: Handle,
		blank: number,
	) => [losses: Handle, states: Handle];
	ctcLossBackward: (
		grad: Handle,
		logProbs: Handle,
		targets: Handle,
		inputLengths: Handle,
		targetLengths: Handle,
		losses: Handle,
		states: Handle,
		blank: number,
		zeroInfinity: boolean,
	) => Handle;
}
