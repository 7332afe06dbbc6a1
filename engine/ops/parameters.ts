import type { Dims } from "../core/arguments";
import type { DeviceLike } from "../core/device";
import type { DType } from "../core/dtype";
import type { Generator } from "../core/generator";
import { maybe, type Named, of, type ParameterList } from "../core/named";
import type { Scalar, Tensor } from "../core/tensor";

/*
 * The parameters after the tensor of ops that take them in place, in PyTorch's order and by its names. ./named makes them
 * known by name, of the function, the method and the in-place method alike; each with a type and, where it may be left
 * out, `maybe`.
 */

const tensor = of<Tensor>();
const whole = of<number>();
const maybeWhole = maybe<number>();
const number = of<number>();
const maybeNumber = maybe<number>();
const operand = of<Tensor | Scalar>();
const scalar = of<Scalar>();
const maybeFlag = maybe<boolean>();
const bound = of<number | Tensor>();
const probability = of<number | Tensor>();
const maybeDimOrNull = maybe<number | null>();
const maybeDims = maybe<Dims>();
const wholes = of<readonly number[]>();
const wholeOrMore = of<number | readonly number[]>();
const maybePair = maybe<readonly [number, number]>();
const repeats = of<number | Tensor>();
const roundingMode = maybe<"trunc" | "floor" | null>();
const interpolation = maybe<"linear" | "lower" | "higher" | "midpoint" | "nearest">();
const joining = maybe<"add" | "multiply">();
const reduction = of<"sum" | "mean" | "prod" | "amax" | "amin">();
const indexReduction = of<"mean" | "prod" | "amax" | "amin">();
const indices = of<readonly (Tensor | null)[]>();
const computeMode = maybe<string>();
const maybeTensor = maybe<Tensor>();
const maybeContracted = maybe<number | readonly (readonly number[])[]>();

/** Of functions that make a tensor. */
const made = [
	["dtype", maybe<DType>(), "only"],
	["device", maybe<DeviceLike>(), "only"],
	["requiresGrad", maybeFlag, "only"],
] as const;

const filled = [["size", wholes, "rest"], ...made] as const;

/** A parameter that many have: the other operand. */
const other = [["other", operand]] as const;
const otherTensor = [["other", tensor]] as const;
const scaledOther = [
	["other", operand],
	["alpha", maybeNumber, "only"],
] as const;
const divisor = [
	["other", operand],
	["roundingMode", roundingMode, "only"],
] as const;
const joined = [
	["tensors", of<readonly Tensor[]>()],
	["dim", maybeWhole],
] as const;
const scales = [
	["beta", maybeNumber, "only"],
	["alpha", maybeNumber, "only"],
] as const;

export const parameters = {
	multinomial: [
		["numSamples", whole],
		["replacement", maybeFlag],
		["generator", maybe<Generator>(), "only"],
	],
	bernoulli: [
		["p", maybe<number | null>()],
		["generator", maybe<Generator>(), "only"],
	],
	add: scaledOther,
	sub: scaledOther,
	rsub: scaledOther,
	subtract: scaledOther,
	mul: other,
	multiply: other,
	maximum: other,
	minimum: other,
	fmax: other,
	fmin: other,
	atan2: other,
	arctan2: other,
	hypot: other,
	logaddexp: other,
	logaddexp2: other,
	xlogy: other,
	copysign: other,
	remainder: other,
	fmod: other,
	floorDivide: other,
	eq: other,
	ne: other,
	lt: other,
	le: other,
	gt: other,
	ge: other,
	logicalAnd: other,
	logicalOr: other,
	logicalXor: other,
	bitwiseAnd: other,
	bitwiseOr: other,
	bitwiseXor: other,
	bitwiseLeftShift: other,
	bitwiseRightShift: other,
	greater: other,
	greaterEqual: other,
	less: other,
	lessEqual: other,
	notEqual: other,
	div: divisor,
	divide: divisor,
	trueDivide: divisor,
	pow: [["exponent", operand]],
	floatPower: [["exponent", operand]],
	isclose: [
		["other", tensor],
		["rtol", maybeNumber],
		["atol", maybeNumber],
		["equalNan", maybeFlag],
	],
	allclose: [
		["other", tensor],
		["rtol", maybeNumber],
		["atol", maybeNumber],
		["equalNan", maybeFlag],
	],
	equal: otherTensor,
	kron: otherTensor,
	inner: otherTensor,
	vdot: otherTensor,
	nextafter: otherTensor,
	gcd: otherTensor,
	lcm: otherTensor,
	ldexp: otherTensor,
	matmul: otherTensor,
	heaviside: [["values", tensor]],
	mm: [["mat2", tensor]],
	bmm: [["mat2", tensor]],
	mv: [["vec", tensor]],
	dot: [["tensor", tensor]],
	outer: [["vec2", tensor]],
	ger: [["vec2", tensor]],
	addmm: [["mat1", tensor], ["mat2", tensor], ...scales],
	addmv: [["mat", tensor], ["vec", tensor], ...scales],
	addr: [["vec1", tensor], ["vec2", tensor], ...scales],
	baddbmm: [["batch1", tensor], ["batch2", tensor], ...scales],
	addbmm: [["batch1", tensor], ["batch2", tensor], ...scales],
	dist: [
		["other", tensor],
		["p", maybeNumber],
	],
	cross: [
		["other", tensor],
		["dim", maybeWhole],
	],
	lerp: [
		["end", tensor],
		["weight", operand],
	],
	addcmul: [
		["tensor1", tensor],
		["tensor2", tensor],
		["value", maybeNumber, "only"],
	],
	addcdiv: [
		["tensor1", tensor],
		["tensor2", tensor],
		["value", maybeNumber, "only"],
	],
	clampMin: [["min", bound]],
	clampMax: [["max", bound]],
	renorm: [
		["p", number],
		["dim", whole],
		["maxnorm", number],
	],
	matrixPower: [["n", whole]],
	quantile: [
		["q", probability],
		["dim", maybeDimOrNull],
		["keepdim", maybeFlag, "only"],
		["interpolation", interpolation, "only"],
	],
	nanquantile: [
		["q", probability],
		["dim", maybeDimOrNull],
		["keepdim", maybeFlag, "only"],
		["interpolation", interpolation, "only"],
	],
	reshape: [["shape", wholes, "rest"]],
	permute: [["dims", wholes, "rest"]],
	broadcastTo: [["size", wholes, "rest"]],
	tile: [["dims", wholes, "rest"]],
	newZeros: filled,
	newOnes: filled,
	newEmpty: filled,
	newFull: [["size", wholes], ["fillValue", scalar], ...made],
	view: [["size", wholes, "rest"]],
	expand: [["size", wholes, "rest"]],
	repeat: [["repeats", wholes, "rest"]],
	sumToSize: [["size", wholes, "rest"]],
	viewAs: otherTensor,
	reshapeAs: otherTensor,
	expandAs: otherTensor,
	typeAs: otherTensor,
	isSameSize: otherTensor,
	unflatten: [
		["dim", whole],
		["sizes", wholes],
	],
	transpose: [
		["dim0", whole],
		["dim1", whole],
	],
	swapdims: [
		["dim0", whole],
		["dim1", whole],
	],
	swapaxes: [
		["axis0", whole],
		["axis1", whole],
	],
	movedim: [
		["source", wholeOrMore],
		["destination", wholeOrMore],
	],
	moveaxis: [
		["source", wholeOrMore],
		["destination", wholeOrMore],
	],
	narrow: [
		["dim", whole],
		["start", whole],
		["length", whole],
	],
	select: [
		["dim", whole],
		["index", whole],
	],
	unfold: [
		["dimension", whole],
		["size", whole],
		["step", whole],
	],
	diag: [["diagonal", maybeWhole]],
	diagflat: [["offset", maybeWhole]],
	asStrided: [
		["size", wholes],
		["stride", wholes],
		["storageOffset", maybeWhole],
	],
	roll: [
		["shifts", wholeOrMore],
		["dims", maybeDims],
	],
	rot90: [
		["k", maybeWhole],
		["dims", maybePair],
	],
	repeatInterleave: [
		["repeats", repeats],
		["dim", maybeDimOrNull],
	],
	chunk: [
		["chunks", whole],
		["dim", maybeWhole],
	],
	split: [
		["splitSize", wholeOrMore],
		["dim", maybeWhole],
	],
	tensorSplit: [
		["indicesOrSections", wholeOrMore],
		["dim", maybeWhole],
	],
	hsplit: [["indicesOrSections", wholeOrMore]],
	vsplit: [["indicesOrSections", wholeOrMore]],
	dsplit: [["indicesOrSections", wholeOrMore]],
	gather: [
		["dim", whole],
		["index", tensor],
	],
	scatterAdd: [
		["dim", whole],
		["index", tensor],
		["src", tensor],
	],
	scatter: [
		["dim", whole],
		["index", tensor],
		["src", operand],
		["reduce", joining, "only"],
	],
	indexSelect: [
		["dim", whole],
		["index", tensor],
	],
	indexAdd: [
		["dim", whole],
		["index", tensor],
		["source", tensor],
		["alpha", maybeNumber, "only"],
	],
	indexCopy: [
		["dim", whole],
		["index", tensor],
		["source", tensor],
	],
	indexFill: [
		["dim", whole],
		["index", tensor],
		["value", operand],
	],
	indexPut: [
		["indices", indices],
		["values", tensor],
		["accumulate", maybeFlag],
	],
	put: [
		["index", tensor],
		["source", tensor],
		["accumulate", maybeFlag],
	],
	splitWithSizes: [
		["splitSizes", wholes],
		["dim", maybeWhole],
	],
	take: [["index", tensor]],
	takeAlongDim: [
		["indices", tensor],
		["dim", maybeWhole],
	],
	maskedFill: [
		["mask", tensor],
		["value", operand],
	],
	maskedSelect: [["mask", tensor]],
	maskedScatter: [
		["mask", tensor],
		["source", tensor],
	],
	scatterReduce: [
		["dim", whole],
		["index", tensor],
		["src", tensor],
		["reduce", reduction],
		["includeSelf", maybeFlag, "only"],
	],
	indexReduce: [
		["dim", whole],
		["index", tensor],
		["source", tensor],
		["reduce", indexReduction],
		["includeSelf", maybeFlag, "only"],
	],
	selectScatter: [
		["src", tensor],
		["dim", whole],
		["index", whole],
	],
	sliceScatter: [
		["src", tensor],
		["dim", maybeWhole],
		["start", maybeDimOrNull],
		["end", maybeDimOrNull],
		["step", maybeWhole],
	],
	diagonalScatter: [
		["src", tensor],
		["offset", maybeWhole],
		["dim1", maybeWhole],
		["dim2", maybeWhole],
	],
	fillDiagonal_: [
		["fillValue", scalar],
		["wrap", maybeFlag],
	],
	fill_: [["value", operand]],
	copy_: [["src", tensor]],
	fullLike: [["fillValue", scalar]],
	cdist: [
		["x2", tensor],
		["p", maybeNumber],
		["computeMode", computeMode, "only"],
	],
	pdist: [["p", maybeNumber]],
	mvlgamma: [["p", whole]],
} as const satisfies Record<string, ParameterList>;

/**
 * Of functions whose first parameter has a name of its own, and of those that make tensors: all of them.
 */
export const wholeParameters = {
	cat: joined,
	concat: joined,
	concatenate: joined,
	stack: joined,
	normal: [
		["mean", maybe<number | Tensor>()],
		["std", maybe<number | Tensor>()],
		["size", maybe<readonly number[]>()],
		["generator", maybe<Generator>(), "only"],
		...made,
	],
	luUnpack: [
		["LUData", tensor],
		["LUPivots", tensor],
		["unpackData", maybeFlag, "only"],
		["unpackPivots", maybeFlag, "only"],
	],
	zeros: filled,
	ones: filled,
	empty: filled,
	rand: filled,
	randn: filled,
	range: [["start", number], ["end", number], ["step", maybeNumber], ...made],
	where: [
		["condition", tensor],
		["input", operand],
		["other", operand],
	],
	isin: [
		["elements", operand],
		["testElements", operand],
		["assumeUnique", maybeFlag, "only"],
		["invert", maybeFlag, "only"],
	],
	bucketize: [
		["input", operand],
		["boundaries", tensor],
		["outInt32", maybeFlag, "only"],
		["right", maybeFlag, "only"],
	],
	tensordot: [
		["a", tensor],
		["b", tensor],
		["dims", maybeContracted],
	],
	trapezoid: [
		["y", tensor],
		["x", maybeTensor],
		["dx", maybeNumber, "only"],
		["dim", maybeWhole, "only"],
	],
	trapz: [
		["y", tensor],
		["x", maybeTensor],
		["dx", maybeNumber, "only"],
		["dim", maybeWhole, "only"],
	],
	cumulativeTrapezoid: [
		["y", tensor],
		["x", maybeTensor],
		["dx", maybeNumber, "only"],
		["dim", maybeWhole, "only"],
	],
	unravelIndex: [
		["indices", tensor],
		["shape", wholeOrMore],
	],
	polygamma: [
		["n", whole],
		["input", tensor],
	],
	full: [["size", wholes], ["fillValue", scalar], ...made],
	linspace: [["start", number], ["end", number], ["steps", whole], ...made],
	logspace: [["start", number], ["end", number], ["steps", whole], ["base", maybeNumber, "option"], ...made],
	eye: [["n", whole], ["m", maybeWhole], ...made],
	trilIndices: [
		["row", whole],
		["col", whole],
		["offset", maybeWhole],
	],
	triuIndices: [
		["row", whole],
		["col", whole],
		["offset", maybeWhole],
	],
} as const satisfies Record<string, ParameterList>;

/** Of torch.special, after the first tensor. */
export const specialParameters = {
	xlogy: other,
	xlog1py: otherTensor,
	multigammaln: [["p", whole]],
} as const satisfies Record<string, ParameterList>;

/** The same of torch.linalg, for what takes two tensors. */
export const linalgParameters = {
	solve: [
		["A", tensor],
		["B", tensor],
		["left", maybeFlag, "only"],
	],
	solveTriangular: [
		["A", tensor],
		["B", tensor],
		["upper", of<boolean>(), "only"],
		["left", maybeFlag, "only"],
		["unitriangular", maybeFlag, "only"],
	],
	solveEx: [
		["A", tensor],
		["B", tensor],
		["left", maybeFlag, "only"],
		["checkErrors", maybeFlag, "only"],
	],
	luSolve: [
		["LU", tensor],
		["pivots", tensor],
		["B", tensor],
		["left", maybeFlag, "only"],
		["adjoint", maybeFlag, "only"],
	],
	ldlSolve: [
		["LD", tensor],
		["pivots", tensor],
		["B", tensor],
	],
	householderProduct: [
		["input", tensor],
		["tau", tensor],
	],
	vecdot: [
		["x", tensor],
		["y", tensor],
		["dim", maybeWhole, "only"],
	],
	tensorsolve: [
		["A", tensor],
		["B", tensor],
		["dims", maybeDims, "only"],
	],
} as const satisfies Record<string, ParameterList>;

/** The ways to give an op's parameters by name. */
export type By<K extends keyof typeof parameters> = Named<(typeof parameters)[K]>;
