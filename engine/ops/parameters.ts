import type { Dims } from "../core/arguments";
import type { DeviceLike } from "../core/device";
import type { DType } from "../core/dtype";
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
const scales = [
	["beta", maybeNumber, "only"],
	["alpha", maybeNumber, "only"],
] as const;

export const parameters = {
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
} as const satisfies Record<string, ParameterList>;

/**
 * Of functions whose first parameter has a name of its own, and of those that make tensors: all of them.
 */
export const wholeParameters = {
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

// The methods' own types stand with their families. This file is the first that ./index brings in: an editor then shows
// these forms after those.
declare module "../core/tensor" {
	interface Tensor {
		add(...args: By<"add">): Tensor;
		add_(...args: By<"add">): this;
		sub(...args: By<"sub">): Tensor;
		sub_(...args: By<"sub">): this;
		mul(...args: By<"mul">): Tensor;
		mul_(...args: By<"mul">): this;
		floorDivide(...args: By<"floorDivide">): Tensor;
		floorDivide_(...args: By<"floorDivide">): this;
		div(...args: By<"div">): Tensor;
		div_(...args: By<"div">): this;
		floatPower(...args: By<"floatPower">): Tensor;
		floatPower_(...args: By<"floatPower">): this;
		isclose(...args: By<"isclose">): Tensor;
		allclose(...args: By<"allclose">): boolean;
		equal(...args: By<"equal">): boolean;
		kron(...args: By<"kron">): Tensor;
		inner(...args: By<"inner">): Tensor;
		vdot(...args: By<"vdot">): Tensor;
		nextafter(...args: By<"nextafter">): Tensor;
		nextafter_(...args: By<"nextafter">): this;
		gcd(...args: By<"gcd">): Tensor;
		gcd_(...args: By<"gcd">): this;
		lcm(...args: By<"lcm">): Tensor;
		lcm_(...args: By<"lcm">): this;
		ldexp(...args: By<"ldexp">): Tensor;
		ldexp_(...args: By<"ldexp">): this;
		matmul(...args: By<"matmul">): Tensor;
		heaviside(...args: By<"heaviside">): Tensor;
		heaviside_(...args: By<"heaviside">): this;
		mm(...args: By<"mm">): Tensor;
		bmm(...args: By<"bmm">): Tensor;
		mv(...args: By<"mv">): Tensor;
		dot(...args: By<"dot">): Tensor;
		outer(...args: By<"outer">): Tensor;
		ger(...args: By<"ger">): Tensor;
		addmm(...args: By<"addmm">): Tensor;
		addmm_(...args: By<"addmm">): this;
		addmv(...args: By<"addmv">): Tensor;
		addmv_(...args: By<"addmv">): this;
		addr(...args: By<"addr">): Tensor;
		addr_(...args: By<"addr">): this;
		baddbmm(...args: By<"baddbmm">): Tensor;
		baddbmm_(...args: By<"baddbmm">): this;
		addbmm(...args: By<"addbmm">): Tensor;
		addbmm_(...args: By<"addbmm">): this;
		dist(...args: By<"dist">): Tensor;
		cross(...args: By<"cross">): Tensor;
		lerp(...args: By<"lerp">): Tensor;
		lerp_(...args: By<"lerp">): this;
		addcmul(...args: By<"addcmul">): Tensor;
		addcmul_(...args: By<"addcmul">): this;
		addcdiv(...args: By<"addcdiv">): Tensor;
		addcdiv_(...args: By<"addcdiv">): this;
		clampMin(...args: By<"clampMin">): Tensor;
		clampMin_(...args: By<"clampMin">): this;
		clampMax(...args: By<"clampMax">): Tensor;
		clampMax_(...args: By<"clampMax">): this;
		renorm(...args: By<"renorm">): Tensor;
		renorm_(...args: By<"renorm">): this;
		matrixPower(...args: By<"matrixPower">): Tensor;
		quantile(...args: By<"quantile">): Tensor;
		nanquantile(...args: By<"nanquantile">): Tensor;
		reshape(...args: By<"reshape">): Tensor;
		permute(...args: By<"permute">): Tensor;
		broadcastTo(...args: By<"broadcastTo">): Tensor;
		tile(...args: By<"tile">): Tensor;
		newZeros(...args: By<"newZeros">): Tensor;
		newOnes(...args: By<"newOnes">): Tensor;
		newEmpty(...args: By<"newEmpty">): Tensor;
		newFull(...args: By<"newFull">): Tensor;
		view(...args: By<"view">): Tensor;
		expand(...args: By<"expand">): Tensor;
		repeat(...args: By<"repeat">): Tensor;
		sumToSize(...args: By<"sumToSize">): Tensor;
		viewAs(...args: By<"viewAs">): Tensor;
		reshapeAs(...args: By<"reshapeAs">): Tensor;
		expandAs(...args: By<"expandAs">): Tensor;
		typeAs(...args: By<"typeAs">): Tensor;
		isSameSize(...args: By<"isSameSize">): boolean;
		unflatten(...args: By<"unflatten">): Tensor;
		transpose(...args: By<"transpose">): Tensor;
		transpose_(...args: By<"transpose">): this;
		swapdims(...args: By<"swapdims">): Tensor;
		swapdims_(...args: By<"swapdims">): this;
		swapaxes(...args: By<"swapaxes">): Tensor;
		swapaxes_(...args: By<"swapaxes">): this;
		movedim(...args: By<"movedim">): Tensor;
		moveaxis(...args: By<"moveaxis">): Tensor;
		narrow(...args: By<"narrow">): Tensor;
		select(...args: By<"select">): Tensor;
		unfold(...args: By<"unfold">): Tensor;
		diag(...args: By<"diag">): Tensor;
		diagflat(...args: By<"diagflat">): Tensor;
		asStrided(...args: By<"asStrided">): Tensor;
		roll(...args: By<"roll">): Tensor;
		rot90(...args: By<"rot90">): Tensor;
		repeatInterleave(...args: By<"repeatInterleave">): Tensor;
		chunk(...args: By<"chunk">): Tensor[];
		split(...args: By<"split">): Tensor[];
		tensorSplit(...args: By<"tensorSplit">): Tensor[];
		hsplit(...args: By<"hsplit">): Tensor[];
		vsplit(...args: By<"vsplit">): Tensor[];
		dsplit(...args: By<"dsplit">): Tensor[];
		gather(...args: By<"gather">): Tensor;
		scatterAdd(...args: By<"scatterAdd">): Tensor;
		scatterAdd_(...args: By<"scatterAdd">): this;
		scatter(...args: By<"scatter">): Tensor;
		scatter_(...args: By<"scatter">): this;
		indexSelect(...args: By<"indexSelect">): Tensor;
		indexAdd(...args: By<"indexAdd">): Tensor;
		indexAdd_(...args: By<"indexAdd">): this;
		indexCopy(...args: By<"indexCopy">): Tensor;
		indexCopy_(...args: By<"indexCopy">): this;
		indexFill(...args: By<"indexFill">): Tensor;
		indexFill_(...args: By<"indexFill">): this;
		indexPut(...args: By<"indexPut">): Tensor;
		indexPut_(...args: By<"indexPut">): this;
		put(...args: By<"put">): Tensor;
		put_(...args: By<"put">): this;
		splitWithSizes(...args: By<"splitWithSizes">): Tensor[];
		take(...args: By<"take">): Tensor;
		takeAlongDim(...args: By<"takeAlongDim">): Tensor;
		maskedFill(...args: By<"maskedFill">): Tensor;
		maskedFill_(...args: By<"maskedFill">): this;
		maskedSelect(...args: By<"maskedSelect">): Tensor;
		maskedScatter(...args: By<"maskedScatter">): Tensor;
		maskedScatter_(...args: By<"maskedScatter">): this;
		scatterReduce(...args: By<"scatterReduce">): Tensor;
		scatterReduce_(...args: By<"scatterReduce">): this;
		indexReduce(...args: By<"indexReduce">): Tensor;
		indexReduce_(...args: By<"indexReduce">): this;
		selectScatter(...args: By<"selectScatter">): Tensor;
		sliceScatter(...args: By<"sliceScatter">): Tensor;
		diagonalScatter(...args: By<"diagonalScatter">): Tensor;
		fillDiagonal_(...args: By<"fillDiagonal_">): this;
		fill_(...args: By<"fill_">): this;
		copy_(...args: By<"copy_">): this;
	}
}
