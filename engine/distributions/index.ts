/* `torch.distributions`. */

export { Categorical, OneHotCategorical } from "./categorical";
export { bijectTo, type ConstraintRegistry, transformTo } from "./constraintRegistry";
export * as constraints from "./constraints";
export { Constraint } from "./constraints";
export { Exponential, HalfNormal, Uniform } from "./continuous";
export { ContinuousBernoulli } from "./continuousBernoulli";
export { Binomial, Multinomial, NegativeBinomial } from "./counts";
export { Bernoulli, Geometric, Poisson } from "./discrete";
export { Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
export { Beta, Dirichlet, Gamma } from "./gamma";
export { GeneralizedPareto } from "./generalizedPareto";
export { LowRankMultivariateNormal } from "./lowRank";
export { LKJCholesky, Wishart } from "./matrices";
export { VonMises } from "./vonMises";

import "./klPairs";
import "./klFurther";

export * from "./allTransforms";
export * as transforms from "./allTransforms";
export { klDivergence, registerKl } from "./kl";
export { Cauchy, Gumbel, Laplace, LogNormal, Normal } from "./locationScale";
export { Independent, MultivariateNormal, type MultivariateNormalOptions } from "./multivariate";
export { FisherSnedecor, InverseGamma, Kumaraswamy } from "./quotients";
export { OneHotCategoricalStraightThrough, RelaxedOneHotCategorical } from "./relaxedCategorical";
export { Chi2, HalfCauchy, Pareto, StudentT, Weibull } from "./tails";
export { LogisticNormal, MixtureSameFamily, RelaxedBernoulli, TransformedDistribution } from "./transformed";
