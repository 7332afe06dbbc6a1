/* `torch.distributions`. */

export { Categorical, OneHotCategorical } from "./categorical";
export { Exponential, HalfNormal, Uniform } from "./continuous";
export { Binomial, Multinomial, NegativeBinomial } from "./counts";
export { Bernoulli, Geometric, Poisson } from "./discrete";
export { Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
export { Beta, Dirichlet, Gamma } from "./gamma";

import "./klPairs";

export { klDivergence, registerKl } from "./kl";
export { Cauchy, Gumbel, Laplace, LogNormal, Normal } from "./locationScale";
export { Independent, MultivariateNormal, type MultivariateNormalOptions } from "./multivariate";
export { FisherSnedecor, InverseGamma, Kumaraswamy } from "./quotients";
export { OneHotCategoricalStraightThrough, RelaxedOneHotCategorical } from "./relaxedCategorical";
export { Chi2, HalfCauchy, Pareto, StudentT, Weibull } from "./tails";
export { MixtureSameFamily, RelaxedBernoulli, TransformedDistribution } from "./transformed";
export * from "./transforms";
export * as transforms from "./transforms";
