import { getDefaultDtype } from "../core/defaults";
import { noGrad } from "../core/gradMode";
import { type Handle, native } from "../core/native";
import { type Tensor, wrap } from "../core/tensor";
import { asMethods, methods } from "./methods";
import { type Pointwise, pointwise } from "./pointwise";
import { where } from "./ternary";
import "./arithmetic";
import "./unary";

/*
 * The modified Bessel functions of the first kind, of orders 0 and 1, by Chebyshev series of e^−|x| I(x): in |x| / 4 − 1 up to
 * 8, in 16 / |x| − 1 beyond. The coefficients were computed with 40 digits.
 */

/** Of e^−x I₀(x), x ≤ 8. */
const small0 = [
	0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764, 0.04930528423967071,
	-0.02373741480589947, 0.010546460394594998, -0.004324309995050576, 0.0016394756169413357, -0.0005763755745385824,
	0.00018850288509584165, -5.754195010082104e-5, 1.6448448070728896e-5, -4.4167383584587505e-6, 1.1173875391201037e-6,
	-2.670793853940612e-7, 6.046995022541919e-8, -1.300025009986248e-8, 2.6598237246823866e-9, -5.189795601635263e-10,
	9.675809035373237e-11, -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13, 7.676185498604936e-14,
	-1.1685332877993451e-14, 1.715391285555133e-15, -2.431279846547955e-16, 3.3307945188222384e-17,
	-4.4153416464793395e-18,
];
/** Of √x e^−x I₀(x), x > 8. */
const large0 = [
	0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-5, 2.8913705208347567e-6, 2.0489185894690638e-7,
	2.266668990498178e-8, 3.3962320257083865e-9, 4.94060238822497e-10, 1.1889147107846439e-11, -3.1499165279632416e-11,
	-1.3215811840447713e-11, -1.7941785315068062e-12, 7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14,
	-4.150569347287222e-14, -9.554846698828307e-15, 3.8116806693526224e-15, 1.7725601330565263e-15,
	-3.425485619677219e-16, -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17, -4.830504485944182e-18,
	-7.233180487874754e-18, 9.921475412173699e-19, 1.193650890845982e-18,
];
/** Of e^−x I₁(x) / x, x ≤ 8. */
const small1 = [
	0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499, 0.024726449030626516,
	-0.010564084894626197, 0.004156422944312888, -0.0015135724506312532, 0.0005122859561685758, -0.00016176081582589674,
	4.781565107550054e-5, -1.3273163656039436e-5, 3.4702513081376785e-6, -8.568720264695455e-7, 2.0032947535521353e-7,
	-4.445059128796328e-8, 9.381537386495773e-9, -1.8872497517228294e-9, 3.625590281552117e-10, -6.663489723502027e-11,
	1.1736186298890901e-11, -1.9839743977649436e-12, 3.223793365945575e-13, -5.042185504727912e-14, 7.600684294735408e-15,
	-1.1055969477353862e-15, 1.5536319577362005e-16, -2.111421214358166e-17, 2.7779141127610464e-18,
];
/** Of √x e^−x I₁(x), x > 8. */
const large1 = [
	0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-6, -2.512236237870209e-7,
	-2.6314688468895196e-8, -3.835380385964237e-9, -5.589743462196584e-10, -1.8974958123505413e-11,
	3.2526035830154884e-11, 1.4125807436613782e-11, 2.0356285441470896e-12, -7.198551776245908e-13,
	-4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14, 1.0420276984128802e-14,
	-3.8144030724370075e-15, -1.8803547755107825e-15, 3.3082023109209285e-16, 2.96262899764595e-16,
	-3.209525921993424e-17, -4.6503053684893586e-17, 4.414348323071708e-18, 7.517296310842105e-18, -9.314178867326884e-19,
	-1.242193275194891e-18,
];

/** Clenshaw's recurrence. */
function series(coefficients: readonly number[], t: Tensor): Tensor {
	const twice = t.mul(2);
	let [now, before] = [t.mul(0), t.mul(0)];
	for (let i = coefficients.length - 1; i > 0; i--) {
		[now, before] = [twice.mul(now).sub(before).add(coefficients[i]!), now];
	}
	return t.mul(now).sub(before).add(coefficients[0]!);
}

/** e^−|x| I(x), or I(x) itself. */
function bessel(order: 0 | 1, scaled: boolean, x: Tensor): Tensor {
	const size = x.abs();
	const [near, far] = [size.clamp({ max: 8 }), size.clamp({ min: 8 })];
	const small = series(order === 0 ? small0 : small1, near.div(4).sub(1));
	const large = series(order === 0 ? large0 : large1, far.reciprocal().mul(16).sub(1)).div(far.sqrt());
	const value = where(size.le(8), order === 0 ? small : small.mul(size), large);
	const sized = scaled ? value : value.mul(size.exp());
	return order === 0 ? sized : sized.mul(x.sign());
}

function row(order: 0 | 1, scaled: boolean): Pick<Pointwise<undefined>, "forward" | "saves"> {
	return {
		forward(handle: Handle, _: undefined, out?: Handle) {
			const x = wrap(handle);
			const wide = !x.isFloatingPoint() ? x.to(getDefaultDtype()) : x.elementSize() < 4 ? x.float() : x;
			const result = noGrad(() => bessel(order, scaled, wide));
			const typed = x.isFloatingPoint() ? result.to(x.dtype) : result;
			if (out === undefined) return typed.handle;
			native.copy_(out, typed.handle);
			return out;
		},
		saves: "input",
	};
}

const zeroth = pointwise<undefined>("i0", {
	node: "I0Backward0",
	...row(0, false),
	slope: (grad, x) => grad.mul(first.apply(x, undefined)),
});

const zerothScaled: ReturnType<typeof pointwise<undefined>> = pointwise<undefined>("i0e", {
	node: "SpecialI0EBackward0",
	...row(0, true),
	slope: (grad, x) => grad.mul(firstScaled.apply(x, undefined).sub(x.sign().mul(zerothScaled.apply(x, undefined)))),
});

/** I₁(x) / x, ½ at 0. */
const overX = (value: Tensor, x: Tensor): Tensor => {
	const zero = x.eq(0);
	return value.div(x.maskedFill(zero, 1)).maskedFill(zero, 0.5);
};

const first: ReturnType<typeof pointwise<undefined>> = pointwise<undefined>("i1", {
	node: "SpecialI1Backward0",
	...row(1, false),
	slope: (grad, x) => grad.mul(zeroth.apply(x, undefined).sub(overX(first.apply(x, undefined), x))),
});

const firstScaled: ReturnType<typeof pointwise<undefined>> = pointwise<undefined>("i1e", {
	node: "SpecialI1EBackward0",
	...row(1, true),
	slope(grad, x) {
		const value = firstScaled.apply(x, undefined);
		return grad.mul(zerothScaled.apply(x, undefined).sub(x.sign().mul(value)).sub(overX(value, x)));
	},
});

/** The modified Bessel function I₀. */
export const i0 = (x: Tensor): Tensor => zeroth.apply(x, undefined);
/** e^−|x| I₀(x) */
export const i0e = (x: Tensor): Tensor => zerothScaled.apply(x, undefined);
/** The modified Bessel function I₁. */
export const i1 = (x: Tensor): Tensor => first.apply(x, undefined);
/** e^−|x| I₁(x) */
export const i1e = (x: Tensor): Tensor => firstScaled.apply(x, undefined);

declare module "../core/tensor" {
	interface Tensor {
		/** The modified Bessel function I₀. */
		i0(): Tensor;
		i0_(): this;
	}
}

asMethods({ i0 });
methods({
	i0_() {
		return zeroth.applyInPlace(this, undefined);
	},
});
