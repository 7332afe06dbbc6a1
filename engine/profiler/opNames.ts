/*
 * What the addon's rows are called in a profile: as PyTorch's operations where they compute the same, in the engine's own name
 * space where PyTorch has no such operation.
 */

const named: Record<string, string> = {
	adagradStep: "aten::_fused_adagrad_",
	adamStep: "aten::_fused_adam_",
	attention: "aten::scaled_dot_product_attention",
	bernoulliTensor_: "aten::bernoulli_",
	cdist: "aten::_cdist_forward",
	cdistBackward: "aten::_cdist_backward",
	cholesky: "aten::linalg_cholesky",
	conv: "aten::convolution",
	crossEntropy: "aten::cross_entropy_loss",
	ctcLossBackward: "aten::_ctc_loss_backward",
	cudaEventSynchronize: "cudaEventSynchronize",
	cudaGraphReplay: "cudaGraphLaunch",
	cudaStreamSynchronize: "cudaStreamSynchronize",
	cudaSynchronize: "cudaDeviceSynchronize",
	eigh: "aten::linalg_eigh",
	eigvalsh: "aten::linalg_eigvalsh",
	embeddingBackward: "aten::embedding_backward",
	emptyLikeOn: "aten::empty_like",
	erfcx: "aten::special_erfcx",
	gammainc: "aten::igamma",
	gammaincc: "aten::igammac",
	geluTanh: "aten::gelu",
	geluTanhBackward: "aten::gelu_backward",
	linearDynamic: "quantized::linear_dynamic",
	logSoftmaxBackward: "aten::_log_softmax_backward_data",
	luFactor: "aten::linalg_lu_factor",
	luSolve: "aten::linalg_lu_solve",
	maxDim: "aten::max",
	medianDim: "aten::median",
	minDim: "aten::min",
	modeDim: "aten::mode",
	ndtri: "aten::special_ndtri",
	norm: "aten::linalg_vector_norm",
	qr: "aten::linalg_qr",
	randint_: "aten::random_",
	reluBackward: "aten::threshold_backward",
	roundDecimals: "aten::round",
	scaleAll_: "aten::_foreach_mul_",
	scaleAllBy_: "aten::_foreach_mul_",
	sgdStep: "aten::_fused_sgd_",
	softmaxBackward: "aten::_softmax_backward_data",
	sumTo: "aten::sum_to_size",
	svd: "aten::linalg_svd",
	svdvals: "aten::linalg_svdvals",
	toDevice: "aten::to",
	totalNorm: "aten::_foreach_norm",
	totalNormThere: "aten::_foreach_norm",
	truncDivide: "aten::div",
	unique: "aten::_unique2",
	zeroAll_: "aten::_foreach_zero_",
	zeta: "aten::special_zeta",
};

/** Rows that compute what no operation of PyTorch does alone. */
const own = new Set([
	"adadeltaStep",
	"adamMaxStep",
	"adamaxStep",
	"adaptiveMaxPool",
	"attentionBackward",
	"clampBackward",
	"convInput",
	"convWeight",
	"crossEntropyBackward",
	"fromBigInts",
	"fromData",
	"fromNumbers",
	"maxPool",
	"maxPoolBackward",
	"mix",
	"mixPlane",
	"nadamStep",
	"poolPick",
	"poolPut",
	"radamStep",
	"rmspropCenteredMomentumStep",
	"rmspropCenteredStep",
	"rmspropMomentumStep",
	"rmspropStep",
	"rnnFlatten",
	"rnnLayer",
	"rnnLayerBackward",
	"rnnStack",
	"rnnStackBackward",
	"rowNormBackward",
	"rpropStep",
	"setData_",
	"softsign",
	"softsignBackward",
	"tanhshrink",
	"toData",
	"toNumbers",
]);

function snake(row: string): string {
	return row.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The name of a row; `inPlace`: it wrote into its first argument. */
export function opName(row: string, inPlace: boolean): string {
	const name = named[row] ?? `${own.has(row) ? "gradbook" : "aten"}::${snake(row)}`;
	return inPlace && !name.endsWith("_") ? `${name}_` : name;
}
