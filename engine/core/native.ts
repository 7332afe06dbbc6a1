import { loadAddon } from "./addon";

/*
 * The one typed door to the addon. One row per op; one crossing per op. Rows take handles and plain numbers, allocate
 * their result, and throw errors that begin with the op's name. A test compares these names with the addon's own table.
 *
 * What a row does *not* do: autograd, version counting, public argument checking beyond shapes and dtypes.
 */

declare const brand: unique symbol;
/** A native tensor (storage, shape, strides, dtype, device) behind an External; freed inside garbage collection. */
export interface Handle {
	readonly [brand]: "tensor";
}
declare const generatorBrand: unique symbol;
/** A native random number generator. */
export interface GeneratorHandle {
	readonly [generatorBrand]: "generator";
}

/** A tensor, or a number that takes part as PyTorch's wrapped number does: it never raises the dtype within its kind. */
export type Operand = Handle | number | bigint | boolean;

/** Where a new tensor goes: where another one is, or a device's code (0: the host, 1 + i: cuda:i). Default: the host. */
export type Place = Handle | number;

/** Writes into `out` (in-place forms) instead of allocating; the result must be castable to its dtype. */
type Out = Handle | undefined;

type Unary = (x: Handle, out?: Out) => Handle;
type Unary1 = (x: Handle, a: number, out?: Out) => Handle;
type Unary2 = (x: Handle, a: number, b: number, out?: Out) => Handle;
type Unary3 = (x: Handle, a: number, b: number, c: number, out?: Out) => Handle;
type Binary = (a: Operand, b: Operand, out?: Out) => Handle;
/** Derivative kernels: first the gradient, then the saved tensor. */
type Grad = (grad: Handle, saved: Handle) => Handle;
type Grad1 = (grad: Handle, saved: Handle, a: number) => Handle;
type Grad2 = (grad: Handle, saved: Handle, a: number, b: number) => Handle;
type Grad3 = (grad: Handle, saved: Handle, a: number, b: number, c: number) => Handle;
/** `dims` null or empty: over all. A dtype code of -1 means PyTorch's default for the reduction. */
type Reduce = (x: Handle, dims: number[] | null, keepdim: boolean, dtype: number) => Handle;
type Extreme = (x: Handle, dims: number[] | null, keepdim: boolean) => Handle;
type ArgReduce = (x: Handle, dim: number | null, keepdim: boolean) => Handle;
type ReducePair = (x: Handle, dim: number, keepdim: boolean) => [values: Handle, indices: Handle];
type Fill = (x: Handle, generator: GeneratorHandle, a: number, b: number) => void;

/** Elements as JavaScript sees them: int64 as BigInt64Array; bool as Uint8Array, half types by their bits. */
export type NativeData =
	| Float32Array
	| Float64Array
	| BigInt64Array
	| Int32Array
	| Int16Array
	| Int8Array
	| Uint8Array
	| Uint16Array;

/** Pointwise, one input. Integers are promoted to the default float dtype where PyTorch does. */
export interface UnaryOps {
	neg: Unary;
	abs: Unary;
	sign: Unary;
	square: Unary;
	reciprocal: Unary;
	sqrt: Unary;
	rsqrt: Unary;
	exp: Unary;
	exp2: Unary;
	expm1: Unary;
	log: Unary;
	log2: Unary;
	log10: Unary;
	log1p: Unary;
	sin: Unary;
	cos: Unary;
	tan: Unary;
	asin: Unary;
	acos: Unary;
	atan: Unary;
	sinh: Unary;
	cosh: Unary;
	tanh: Unary;
	asinh: Unary;
	acosh: Unary;
	atanh: Unary;
	erf: Unary;
	erfc: Unary;
	erfinv: Unary;
	lgamma: Unary;
	digamma: Unary;
	/** (n): the n-th derivative of digamma */
	polygamma: Unary1;
	/** sin(πx) / πx */
	sinc: Unary;
	/** (eps); NaN for none */
	logit: Unary1;
	signbit: Unary;
	floor: Unary;
	ceil: Unary;
	trunc: Unary;
	frac: Unary;
	/** Half to even. */
	round: Unary;
	/** Half to even at `a` decimals. */
	roundDecimals: Unary1;
	isnan: Unary;
	isinf: Unary;
	isfinite: Unary;
	logicalNot: Unary;
	bitwiseNot: Unary;
	sigmoid: Unary;
	logSigmoid: Unary;
	relu: Unary;
	relu6: Unary;
	silu: Unary;
	mish: Unary;
	softsign: Unary;
	hardsigmoid: Unary;
	hardswish: Unary;
	tanhshrink: Unary;
	gelu: Unary;
	geluTanh: Unary;
	leakyRelu: Unary1;
	/** (alpha, scale, inputScale), as PyTorch's `elu`: ELU, SELU and CELU are this. */
	elu: Unary3;
	/** (beta, threshold) */
	softplus: Unary2;
	/** (lambda) */
	hardshrink: Unary1;
	softshrink: Unary1;
	/** (min, max) */
	hardtanh: Unary2;
	/** (threshold, value) */
	threshold: Unary2;
	/** (min, max); NaN for a bound that is absent; NaN elements stay NaN. */
	clamp: Unary2;
	/** (nan, posinf, neginf) */
	nanToNum: Unary3;
}

/** Derivatives of pointwise ops where one kernel does what would take several. */
export interface UnaryGradOps {
	/** g·y·(1 − y), from the result */
	sigmoidBackward: Grad;
	/** g·(1 − y²), from the result */
	tanhBackward: Grad;
	/** g where y > 0, from the result or the input */
	reluBackward: Grad;
	/** From here on, from the input. */
	siluBackward: Grad;
	mishBackward: Grad;
	softsignBackward: Grad;
	hardsigmoidBackward: Grad;
	hardswishBackward: Grad;
	geluBackward: Grad;
	geluTanhBackward: Grad;
	logSigmoidBackward: Grad;
	leakyReluBackward: Grad1;
	eluBackward: Grad3;
	softplusBackward: Grad2;
	hardshrinkBackward: Grad1;
	softshrinkBackward: Grad1;
	hardtanhBackward: Grad2;
	/** g where x > a */
	thresholdBackward: Grad1;
	/** g where the input lies between a and b (NaN bound: absent), neither on a bound nor NaN */
	clampBackward: Grad2;
}

/** Pointwise, two inputs, broadcast and promoted as PyTorch does. */
export interface BinaryOps {
	/** a + alpha·b, one kernel */
	add: (a: Operand, b: Operand, alpha: number, out?: Out) => Handle;
	/** a − alpha·b, one kernel */
	sub: (a: Operand, b: Operand, alpha: number, out?: Out) => Handle;
	mul: Binary;
	/** True division: integers give the default float dtype. */
	div: Binary;
	floorDivide: Binary;
	truncDivide: Binary;
	/** The sign follows the divisor. */
	remainder: Binary;
	/** The sign follows the dividend. */
	fmod: Binary;
	pow: Binary;
	/** NaN wins. */
	maximum: Binary;
	minimum: Binary;
	/** NaN loses. */
	fmax: Binary;
	fmin: Binary;
	atan2: Binary;
	hypot: Binary;
	logaddexp: Binary;
	logaddexp2: Binary;
	xlogy: Binary;
	copysign: Binary;
	/** 0 below zero and for NaN, 1 above it, b at it */
	heaviside: Binary;
	nextafter: Binary;
	gcd: Binary;
	lcm: Binary;
	eq: Binary;
	ne: Binary;
	lt: Binary;
	le: Binary;
	gt: Binary;
	ge: Binary;
	logicalAnd: Binary;
	logicalOr: Binary;
	logicalXor: Binary;
	bitwiseAnd: Binary;
	bitwiseOr: Binary;
	bitwiseXor: Binary;
	bitwiseLeftShift: Binary;
	bitwiseRightShift: Binary;
}

export interface TernaryOps {
	where: (condition: Handle, a: Operand, b: Operand) => Handle;
	/** start + weight·(end − start) */
	lerp: (start: Handle, end: Handle, weight: Operand, out?: Out) => Handle;
	/** x + value·a·b */
	addcmul: (x: Handle, a: Handle, b: Handle, value: number, out?: Out) => Handle;
	/** x + value·a/b */
	addcdiv: (x: Handle, a: Handle, b: Handle, value: number, out?: Out) => Handle;
}

export interface ReduceOps {
	sum: Reduce;
	mean: Reduce;
	prod: Reduce;
	nansum: Reduce;
	/** Summed over the dimensions that broadcasting added or stretched, and cast to `dtype` (-1: kept). */
	sumTo: (x: Handle, shape: number[], dtype: number) => Handle;
	var: (x: Handle, dims: number[] | null, correction: number, keepdim: boolean) => Handle;
	std: (x: Handle, dims: number[] | null, correction: number, keepdim: boolean) => Handle;
	/** p: any real, ±Infinity included */
	norm: (x: Handle, p: number, dims: number[] | null, keepdim: boolean) => Handle;
	logsumexp: (x: Handle, dims: number[], keepdim: boolean) => Handle;
	amax: Extreme;
	amin: Extreme;
	maxDim: ReducePair;
	minDim: ReducePair;
	medianDim: ReducePair;
	modeDim: ReducePair;
	argmax: ArgReduce;
	argmin: ArgReduce;
	all: Extreme;
	any: Extreme;
	countNonzero: (x: Handle, dims: number[] | null) => Handle;
	cumsum: (x: Handle, dim: number, dtype: number) => Handle;
	cumprod: (x: Handle, dim: number, dtype: number) => Handle;
	cummax: (x: Handle, dim: number) => [values: Handle, indices: Handle];
	cummin: (x: Handle, dim: number) => [values: Handle, indices: Handle];
	softmax: (x: Handle, dim: number) => Handle;
	logSoftmax: (x: Handle, dim: number) => Handle;
	softmaxBackward: (grad: Handle, result: Handle, dim: number) => Handle;
	logSoftmaxBackward: (grad: Handle, result: Handle, dim: number) => Handle;
	/** Whether all elements are within the tolerances, as PyTorch's allclose. */
	allclose: (a: Handle, b: Handle, rtol: number, atol: number, equalNan: boolean) => boolean;
	/** Same shape and elements. */
	equal: (a: Handle, b: Handle) => boolean;
}

export interface SortOps {
	/** Stable. */
	sort: (x: Handle, dim: number, descending: boolean) => [values: Handle, indices: Handle];
	topk: (x: Handle, k: number, dim: number, largest: boolean, sorted: boolean) => [values: Handle, indices: Handle];
	/** Sorted values, inverse indices, counts. */
	unique: (x: Handle) => [values: Handle, inverse: Handle, counts: Handle];
	uniqueConsecutive: (x: Handle) => [values: Handle, inverse: Handle, counts: Handle];
	searchsorted: (sorted: Handle, values: Handle, right: boolean) => Handle;
	bincount: (x: Handle, minlength: number) => Handle;
	histc: (x: Handle, bins: number, min: number, max: number) => Handle;
}

export interface ShapeOps {
	/* Views: share storage. Negative dimensions count from the end. */
	asStrided: (x: Handle, shape: number[], strides: number[], offset: number) => Handle;
	/** A view, or an error that says why not; -1 infers. */
	view: (x: Handle, shape: number[]) => Handle;
	/** A view where possible, else a copy. */
	reshape: (x: Handle, shape: number[]) => Handle;
	transpose: (x: Handle, dim0: number, dim1: number) => Handle;
	permute: (x: Handle, dims: number[]) => Handle;
	/** -1 keeps a dimension */
	expand: (x: Handle, shape: number[]) => Handle;
	/** null: every dimension of size 1 */
	squeeze: (x: Handle, dims: number[] | null) => Handle;
	unsqueeze: (x: Handle, dim: number) => Handle;
	/** Python's slice: negative and clamped bounds, step > 0. */
	slice: (x: Handle, dim: number, start: number, end: number, step: number) => Handle;
	select: (x: Handle, dim: number, index: number) => Handle;
	diagonal: (x: Handle, offset: number, dim0: number, dim1: number) => Handle;
	unfold: (x: Handle, dim: number, size: number, step: number) => Handle;
	/** Another handle on the same storage, shape and strides. */
	alias: (x: Handle) => Handle;
	/* Copies. */
	/** The same handle's data where it is contiguous already (a new handle, shared storage), else a copy. */
	contiguous: (x: Handle) => Handle;
	clone: (x: Handle) => Handle;
	cat: (xs: Handle[], dim: number) => Handle;
	flip: (x: Handle, dims: number[]) => Handle;
	roll: (x: Handle, shifts: number[], dims: number[]) => Handle;
	repeat: (x: Handle, repeats: number[]) => Handle;
	tril: (x: Handle, diagonal: number) => Handle;
	triu: (x: Handle, diagonal: number) => Handle;
	/** Copies `source`, broadcast and cast, into `x`; overlapping memory is handled. */
	copy_: (x: Handle, source: Handle) => void;
	fill_: (x: Handle, value: number | bigint | boolean) => void;
	/** Makes `x` another tensor: the storage, shape and strides of `source` (PyTorch's set_data). */
	setData_: (x: Handle, source: Handle) => void;
	/** A copy in another (or the same) dtype. */
	to: (x: Handle, dtype: number) => Handle;
	/** The handle's data where it is on that device already (a new handle, shared storage), else a copy there. */
	toDevice: (x: Handle, device: number, nonBlocking: boolean) => Handle;
}

export interface IndexOps {
	/** Index tensors (int64, or bool masks) and null for a whole dimension: PyTorch's `x[…]`. */
	index: (x: Handle, indices: (Handle | null)[]) => Handle;
	indexPut_: (x: Handle, indices: (Handle | null)[], values: Handle, accumulate: boolean) => void;
	indexSelect: (x: Handle, dim: number, index: Handle) => Handle;
	indexAdd_: (x: Handle, dim: number, index: Handle, source: Handle, alpha: number) => void;
	gather: (x: Handle, dim: number, index: Handle) => Handle;
	scatter_: (x: Handle, dim: number, index: Handle, source: Operand) => void;
	scatterAdd_: (x: Handle, dim: number, index: Handle, source: Handle) => void;
	/** reduce: 0 sum, 1 product, 2 maximum, 3 minimum */
	scatterReduce_: (x: Handle, dim: number, index: Handle, source: Handle, reduce: number) => void;
	maskedSelect: (x: Handle, mask: Handle) => Handle;
	maskedFill_: (x: Handle, mask: Handle, value: Operand) => void;
	nonzero: (x: Handle) => Handle;
	embedding: (weight: Handle, index: Handle) => Handle;
	/** A row's gradient is summed over its uses, and zero for `paddingIdx` (-1: none). */
	embeddingBackward: (grad: Handle, index: Handle, rows: number, paddingIdx: number) => Handle;
	oneHot: (index: Handle, classes: number) => Handle;
}

export interface MatrixOps {
	/** NumPy's rules for 1-D, 2-D and batched operands. */
	matmul: (a: Handle, b: Handle) => Handle;
	mm: (a: Handle, b: Handle) => Handle;
	bmm: (a: Handle, b: Handle) => Handle;
	/** beta·c + alpha·(a @ b) */
	addmm: (c: Handle, a: Handle, b: Handle, beta: number, alpha: number) => Handle;
	/** x Wᵀ + b over the last dimension; x of any rank ≥ 1. */
	linear: (x: Handle, weight: Handle, bias: Handle | null) => Handle;
	/** x Wᵀ·weightScale + bias by way of bytes; int8 rows padded to 64, and their int32 sums. */
	linearDynamic: (x: Handle, weight: Handle, rowSums: Handle, weightScale: number, bias: Handle | null) => Handle;
	/** Gradients of x, weight, bias; null where not asked for. */
	linearBackward: (
		grad: Handle,
		x: Handle,
		weight: Handle,
		needX: boolean,
		needWeight: boolean,
		needBias: boolean,
	) => [Handle | null, Handle | null, Handle | null];
}

/** Factorisations of (batches of) float matrices; computed in double. */
export interface LinalgOps {
	/** L and U in one matrix, the row that each row was exchanged with, and 0 or the place of a pivot that is 0. */
	luFactor: (a: Handle) => [lu: Handle, pivots: Handle, info: Handle];
	/** Right sides [..., n, k]. */
	luSolve: (lu: Handle, pivots: Handle, b: Handle) => Handle;
	/** The lower factor, and 0 or the order of the minor that is not positive. */
	cholesky: (a: Handle) => [l: Handle, info: Handle];
	triangularSolve: (a: Handle, b: Handle, upper: boolean, unit: boolean) => Handle;
	qr: (a: Handle, complete: boolean) => [q: Handle, r: Handle];
	/** Of the lower triangle; values in rising order, vectors as columns. */
	eigh: (a: Handle) => [values: Handle, vectors: Handle];
	svd: (a: Handle) => [u: Handle, s: Handle, vh: Handle];
}

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
	/** The elements at `places` of planes of `spatial` dimensions. */
	poolPick: (x: Handle, places: Handle, spatial: number) => Handle;
	/** Elements put at `places` of planes of size `size`, zeros elsewhere; those of one place are added up, or the last counts. */
	poolPut: (x: Handle, places: Handle, size: number[], add: boolean) => Handle;
	/** out[i] along `dim` is the sum of weights[j]·x[columns[j]], j from starts[i] to starts[i + 1]. */
	mix: (x: Handle, dim: number, starts: Int32Array, columns: Int32Array, weights: Float64Array) => Handle;
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

/** Reductions of losses: 0 none, 1 mean, 2 sum. Targets: int64 classes [N, …], or class probabilities [N, C, …]. */
export interface LossOps {
	/** Returns the loss and the log-probabilities that its derivative needs. */
	crossEntropy: (
		logits: Handle,
		target: Handle,
		weight: Handle | null,
		reduction: number,
		ignoreIndex: number,
		labelSmoothing: number,
	) => [loss: Handle, logProbs: Handle];
	crossEntropyBackward: (
		grad: Handle,
		logProbs: Handle,
		target: Handle,
		weight: Handle | null,
		reduction: number,
		ignoreIndex: number,
		labelSmoothing: number,
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
	/** softmax(scale·q kᵀ + mask) v of [N, H, L, E], [N, H, S, E], [N, H, S, V]; the mask [N, H, L, S] is expanded. */
	attention: (q: Handle, k: Handle, v: Handle, mask: Handle | null, causal: boolean, scale: number) => Handle;
	attentionBackward: (
		grad: Handle,
		q: Handle,
		k: Handle,
		v: Handle,
		mask: Handle | null,
		causal: boolean,
		scale: number,
	) => [dq: Handle, dk: Handle, dv: Handle];
}

export interface RandomOps {
	/** Seeds are taken modulo 2⁶⁴. */
	generator: (seed: number | bigint, place?: Place) => GeneratorHandle;
	/** The generator that the user seeds: it stands for the default one of every card too. */
	setDefaultGenerator: (generator: GeneratorHandle) => void;
	/** Seeds again; forgets the cached normal. */
	manualSeed: (generator: GeneratorHandle, seed: number | bigint) => void;
	initialSeed: (generator: GeneratorHandle) => bigint;
	/** PyTorch's own layout of a generator's state (5056 bytes). */
	getState: (generator: GeneratorHandle) => Uint8Array;
	setState: (generator: GeneratorHandle, state: Uint8Array) => void;
	/** What `torch.empty((), dtype=int64).random_()` draws: 63 bits. */
	random63: (generator: GeneratorHandle) => bigint;
	/** [a, b) */
	uniform_: Fill;
	/** mean a, standard deviation b */
	normal_: Fill;
	/** integers of [a, b) */
	randint_: Fill;
	/** PyTorch's `random_()` without bounds: integers as far as the dtype holds them (a, b unused) */
	random_: Fill;
	/** probability a (b unused) */
	bernoulli_: Fill;
	/** rate a (b unused) */
	exponential_: Fill;
	/** the probability of each element */
	bernoulliTensor_: (x: Handle, probabilities: Handle, generator: GeneratorHandle) => void;
	randperm: (n: number, generator: GeneratorHandle, place?: Place) => Handle;
	multinomial: (weights: Handle, samples: number, replacement: boolean, generator: GeneratorHandle) => Handle;
	/** Inverted dropout: the result and the mask, already divided by 1 − p. */
	dropout: (x: Handle, p: number, generator: GeneratorHandle) => [result: Handle, mask: Handle];
}

export interface CreateOps {
	empty: (shape: number[], dtype: number, place?: Place) => Handle;
	/** Of the shape of another tensor and the order of its dimensions in memory. */
	emptyLikeOn: (x: Handle, dtype: number, place: Place) => Handle;
	full: (shape: number[], value: number | bigint | boolean, dtype: number, place?: Place) => Handle;
	arange: (start: number, end: number, step: number, dtype: number, place?: Place) => Handle;
	linspace: (start: number, end: number, steps: number, dtype: number, place?: Place) => Handle;
	eye: (rows: number, columns: number, dtype: number, place?: Place) => Handle;
	/** Copies a typed array whose element type is the dtype's own. */
	fromData: (data: NativeData, shape: number[], dtype: number, place?: Place) => Handle;
	/** Numbers to any dtype: what `tensor([…])` uses. */
	fromNumbers: (data: Float64Array, shape: number[], dtype: number, place?: Place) => Handle;
	fromBigInts: (data: BigInt64Array, shape: number[], dtype: number, place?: Place) => Handle;
	/** Row-major copy of the elements. */
	toData: (x: Handle) => NativeData;
	/** Row-major copy as doubles (int64 beyond 2⁵³ is rounded). */
	toNumbers: (x: Handle) => Float64Array;
	/** The only element as a number; bool as 0 or 1. */
	item: (x: Handle) => number;
}

export interface MetaOps {
	shape: (x: Handle) => number[];
	strides: (x: Handle) => number[];
	offset: (x: Handle) => number;
	dim: (x: Handle) => number;
	numel: (x: Handle) => number;
	dtype: (x: Handle) => number;
	/** A device's code: 0 for the host, 1 + i for cuda:i. */
	device: (x: Handle) => number;
	isContiguous: (x: Handle) => boolean;
	/** Whether shape and dtype are the same: the question that every broadcasting op's derivative asks. */
	alike: (a: Handle, b: Handle) => boolean;
	/** Tensors that share the storage; 1 where a gradient's memory may be taken over. */
	storageUses: (x: Handle) => number;
	resultType: (a: Operand, b: Operand) => number;
	/** Identity of the storage, to tell views of one memory. */
	storageId: (x: Handle) => number;
	storageBytes: (x: Handle) => number;
	setDefaultDtype: (dtype: number) => void;
}

/**
 * States: the first ones of all parameters, then all second ones, …; numbers: the constants of the first parameter, of the
 * second, ….
 */
export type OptimStep = (params: Handle[], grads: Handle[], states: Handle[], numbers: Float64Array) => void;

/** One call per optimiser step over all parameters. Arrays run in parallel. */
export interface OptimOps {
	/** Momentum buffers: null on a parameter's first step; the filled buffers are returned (null without momentum). */
	sgdStep: (
		params: Handle[],
		grads: Handle[],
		momentumBuffers: (Handle | null)[],
		lr: number,
		momentum: number,
		dampening: number,
		weightDecay: number,
		nesterov: boolean,
		maximize: boolean,
	) => Handle[] | null;
	/* The others go element by element: `engine/native/scalar/optim.h` says which states and numbers each takes. */
	adamStep: OptimStep;
	adamMaxStep: OptimStep;
	rmspropStep: OptimStep;
	rmspropMomentumStep: OptimStep;
	rmspropCenteredStep: OptimStep;
	rmspropCenteredMomentumStep: OptimStep;
	adagradStep: OptimStep;
	adadeltaStep: OptimStep;
	adamaxStep: OptimStep;
	nadamStep: OptimStep;
	radamStep: OptimStep;
	rpropStep: OptimStep;
	/** p-norm of all tensors together; p = 2 and Infinity in one pass. */
	totalNorm: (xs: Handle[], p: number) => number;
	scaleAll_: (xs: Handle[], factor: number) => void;
	zeroAll_: (xs: Handle[]) => void;
}

export interface SystemOps {
	/** Names of all rows of the addon's table. */
	table: () => string[];
	/** Names of the kernels that the host (0) or cards (1) have. */
	kernels: (device: number) => string[];
	setNumThreads: (threads: number) => void;
	getNumThreads: () => number;
	memoryStats: () => {
		allocatedBytes: number;
		peakBytes: number;
		cachedBytes: number;
		liveTensors: number;
		minorCollections: number;
		majorCollections: number;
	};
	/** The garbage collector, asked when the byte budget is reached. */
	setCollector: (collect: (major: boolean) => void) => void;
	/** Bytes after which collection is asked for, and the hard limit after which an allocation fails. */
	setMemoryLimits: (budgetBytes: number, limitBytes: number) => void;
	emptyCache: () => void;
	/** What was found at run time. */
	buildInfo: () => { simd: string; blas: string | null; blasPath: string | null; compiler: string };
	/** A shared Int32 that long kernels poll: non-zero makes them stop with an error. */
	setInterruptFlag: (flag: Int32Array) => void;
}

/** Cards by number; streams and events by the numbers that making them gave (stream 0: the card's default one). */
export interface CudaOps {
	/** What was found, or one sentence that says why there is no CUDA; null where nothing is to be said. */
	cudaInfo: () => {
		problem: string | null;
		driverPath: string | null;
		driverProblem: string | null;
		/** 12040 for CUDA 12.4 */
		driverVersion: number;
		devices: number;
		compilerPath: string | null;
		compilerProblem: string | null;
	};
	/** 0 where there is no CUDA. */
	cudaDeviceCount: () => number;
	cudaCurrentDevice: () => number;
	cudaSetDevice: (index: number) => void;
	cudaSynchronize: (index: number) => void;
	cudaProperties: (index: number) => {
		name: string;
		major: number;
		minor: number;
		totalMemory: number;
		multiProcessorCount: number;
		maxThreadsPerMultiProcessor: number;
		warpSize: number;
		sharedMemoryPerBlock: number;
		sharedMemoryPerBlockOptin: number;
	};
	cudaMemoryStats: (index: number) => {
		allocatedBytes: number;
		allocatedPeakBytes: number;
		reservedBytes: number;
		reservedPeakBytes: number;
		segments: number;
		activeBlocks: number;
		cachedBlocks: number;
		collections: number;
		freeBytes: number;
		totalBytes: number;
	};
	cudaResetPeak: (index: number) => void;
	/** Bytes that the engine may take of a card; 0 for all. */
	cudaSetLimit: (index: number, bytes: number) => void;
	cudaEmptyCache: () => void;
	cudaManualSeed: (index: number, seed: number | bigint) => void;
	cudaInitialSeed: (index: number) => bigint;
	/** Kernels compiled, and taken from the cache on disk. */
	cudaCompileStats: () => { compiled: number; found: number };
	/** File and macros of everything that kernels are compiled from. */
	cudaUnits: () => [file: string, macros: string][];
	/** Compiles the unit at a place of that list for a compute capability (90 for 9.0); the compiler's report. */
	cudaCompile: (unit: number, capability: number) => string;
	cudaNewStream: (index: number, priority: number) => number;
	cudaSetStream: (index: number, stream: number) => void;
	/** Whether all that was queued is done. */
	cudaStreamQuery: (index: number, stream: number) => boolean;
	cudaStreamSynchronize: (index: number, stream: number) => void;
	cudaNewEvent: (index: number, timing: boolean) => number;
	cudaFreeEvent: (event: number) => void;
	cudaRecordEvent: (event: number, stream: number) => void;
	cudaWaitEvent: (index: number, stream: number, event: number) => void;
	cudaEventQuery: (event: number) => boolean;
	cudaEventSynchronize: (event: number) => void;
	/** Milliseconds between two events. */
	cudaElapsed: (start: number, end: number) => number;
	/** The tensor is used on that stream too. */
	cudaRecordStream: (x: Handle, stream: number) => void;
}

export interface Native
	extends UnaryOps,
		UnaryGradOps,
		BinaryOps,
		TernaryOps,
		ReduceOps,
		SortOps,
		ShapeOps,
		IndexOps,
		MatrixOps,
		LinalgOps,
		NormOps,
		ConvOps,
		PoolOps,
		LossOps,
		NetworkOps,
		RandomOps,
		CreateOps,
		MetaOps,
		OptimOps,
		SystemOps,
		CudaOps {}

export const native: Native = loadAddon() as Native;
