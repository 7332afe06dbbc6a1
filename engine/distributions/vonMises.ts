import { float64 } from "../core/dtype";
import { noGrad } from "../core/gradMode";
import type { Tensor } from "../core/tensor";
import { empty, full, rand, where, zeros } from "../ops";
import type { Constraint } from "./constraints";
import * as constraints from "./constraints";
import { Distribution } from "./distribution";
import { type Two, two } from "./locationScale";

/** Polynomials of I₀ and I₁, of small x by (x / 3.75)² and of large x by 3.75 / x (Abramowitz and Stegun, 9.8.1 to 9.8.4). */
const bessel = [
	{
		small: [1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2],
		large: [
			0.39894228, 0.1328592e-1, 0.225319e-2, -0.157565e-2, 0.916281e-2, -0.2057706e-1, 0.2635537e-1, -0.1647633e-1,
			0.392377e-2,
		],
	},
	{
		small: [0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3],
		large: [
			0.39894228, -0.3988024e-1, -0.362018e-2, 0.163801e-2, -0.1031555e-1, 0.2282967e-1, -0.2895312e-1, 0.1787654e-1,
			-0.420059e-2,
		],
	},
] as const;

function polynomial(x: Tensor, coefficients: readonly number[]): Tensor {
	return coefficients
		.slice(0, -1)
		.reduceRight(
			(sum, coefficient) => x.mul(sum).add(coefficient),
			full([], coefficients.at(-1)!, { dtype: x.dtype, device: x.device }),
		);
}

/** log I₀ or log I₁ of x > 0, to seven digits, as PyTorch has it. */
function logBessel(x: Tensor, order: 0 | 1): Tensor {
	const { small, large } = bessel[order];
	const near = polynomial(x.div(3.75).pow(2), small);
	const far = x.sub(x.log().mul(0.5)).add(polynomial(x.reciprocal().mul(3.75), large).log());
	return where(x.lt(3.75), (order === 1 ? x.abs().mul(near) : near).log(), far);
}

/** Angles around `loc`, the closer the larger `concentration` is: the normal distribution of the circle. */
export class VonMises extends Distribution {
	readonly loc: Tensor;
	readonly concentration: Tensor;

	constructor(...args: Two<"loc", "concentration">) {
		const [loc, concentration, options] = two("VonMises", args, ["loc", "concentration"]);
		super(loc.shape, [], options);
		this.loc = loc;
		this.concentration = concentration;
		this._checkParameters();
	}

	get support(): Constraint {
		return constraints.real;
	}

	/** @internal */
	_parameters() {
		return {
			loc: { value: this.loc, constraint: constraints.real },
			concentration: { value: this.concentration, constraint: constraints.positive },
		};
	}

	/** The circular one. */
	get mean(): Tensor {
		return this.loc;
	}

	override get mode(): Tensor {
		return this.loc;
	}

	/** The circular one: 1 − I₁/I₀ of the concentration. */
	get variance(): Tensor {
		const { concentration } = this;
		return logBessel(concentration, 1).sub(logBessel(concentration, 0)).exp().neg().add(1);
	}

	logProb(value: Tensor): Tensor {
		this._checkValue(value);
		const { loc, concentration } = this;
		return concentration
			.mul(value.sub(loc).cos())
			.sub(Math.log(2 * Math.PI))
			.sub(logBessel(concentration, 0));
	}

	/** By rejection (Best and Fisher, 1979), in double: single precision would not come to an end for small concentrations. */
	override sample(sampleShape: readonly number[] = []): Tensor {
		return noGrad(() => {
			const shape = this._extended(sampleShape);
			const { device } = this.loc;
			const kappa = this.concentration.double();
			const tau = kappa.pow(2).mul(4).add(1).sqrt().add(1);
			const rho = tau.sub(tau.mul(2).sqrt()).div(kappa.mul(2));
			const r = where(kappa.lt(1e-5), kappa.reciprocal().add(kappa), rho.pow(2).add(1).div(rho.mul(2)));
			let x = empty(shape, { dtype: float64, device });
			let done = zeros(shape, { device }).bool();
			while (!done.all().item()) {
				const [u1, u2, u3] = rand([3, ...shape], { dtype: float64, device }).unbind() as [Tensor, Tensor, Tensor];
				const z = u1.mul(Math.PI).cos();
				const f = r.mul(z).add(1).div(r.add(z));
				const c = kappa.mul(r.sub(f));
				const surely = c.mul(c.neg().add(2)).sub(u2).gt(0);
				const accepted = surely.logicalOr(c.div(u2).log().add(1).sub(c).ge(0));
				x = where(accepted, u3.sub(0.5).sign().mul(f.acos()), x);
				done = done.logicalOr(accepted);
			}
			const angle = x.add(Math.PI).add(this.loc.double());
			return angle
				.remainder(2 * Math.PI)
				.sub(Math.PI)
				.to(this.loc.dtype);
		});
	}
}
