/* `torch.distributions`. */

export { Exponential, HalfNormal, Uniform } from "./continuous";
export { Bernoulli, Categorical, Geometric, OneHotCategorical, Poisson } from "./discrete";
export { Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
export { Beta, Dirichlet, Gamma } from "./gamma";
export { klDivergence, registerKl } from "./kl";
export { Cauchy, Gumbel, Laplace, LogNormal, Normal } from "./locationScale";
export { Independent, MultivariateNormal, type MultivariateNormalOptions } from "./multivariate";
