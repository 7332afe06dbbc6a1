/* Everything of `torch.distributions.transforms`. */

export {
	AbsTransform,
	AffineTransform,
	ComposeTransform,
	ExpTransform,
	identityTransform,
	PowerTransform,
	SigmoidTransform,
	SoftplusTransform,
	TanhTransform,
	Transform,
} from "./transforms";
export {
	CatTransform,
	CorrCholeskyTransform,
	IndependentTransform,
	LowerCholeskyTransform,
	PositiveDefiniteTransform,
	SoftmaxTransform,
	StackTransform,
	StickBreakingTransform,
} from "./vectorTransforms";
