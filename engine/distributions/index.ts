/* `torch.distributions`. */

export { Categorical, OneHotCategorical } from "./categorical";
export { Exponential, HalfNormal, Uniform } from "./continuous";
export { Bernoulli, Geometric, Poisson } from "./discrete";
export { Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
export { Beta, Dirichlet, Gamma } from "./gamma";
export { klDivergence, registerKl } from "./kl";
export { Cauchy, Gumbel, Laplace, LogNormal, Normal } from "./locationScale";
export { Independent, MultivariateNormal, type MultivariateNormalOptions } from "./multivariate";
