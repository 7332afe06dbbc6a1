/* `torch.distributions`. */

export { Cauchy, Exponential, Gumbel, HalfNormal, Laplace, LogNormal, Normal, Uniform } from "./continuous";
export { Bernoulli, Categorical, Geometric, OneHotCategorical, Poisson } from "./discrete";
export { Distribution, type DistributionOptions, type TensorOrNumber } from "./distribution";
export { Beta, Dirichlet, Gamma } from "./gamma";
export { klDivergence, registerKl } from "./kl";
export { Independent, MultivariateNormal, type MultivariateNormalOptions } from "./multivariate";
