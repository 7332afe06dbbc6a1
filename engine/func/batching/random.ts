import { type GeneratorHandle, native } from "../../core/native";
import { byEntries } from "./entries";
import type { Rule } from "./level";

/* Random numbers: the same for all entries, or none. Where each entry is to have its own, vmap runs the function for each. */

/** Where the generator stands among the arguments. */
const generators = {
	uniform_: 1,
	normal_: 1,
	randint_: 1,
	random_: 1,
	bernoulli_: 1,
	exponential_: 1,
	bernoulliTensor_: 2,
	dropout: 2,
	multinomial: 3,
};

function drawn(at: number): Rule {
	return (level, args, row) => {
		if (level.randomness === "error") throw new Error(randomnessError(row));
		const generator = args[at] as GeneratorHandle;
		const before = native.getState(generator);
		return byEntries(level, row, args, () => native.setState(generator, before));
	};
}

export function randomnessError(op: string): string {
	return `[vmap] called a random operation (${op}) while in randomness error mode: pass randomness "same" or "different"`;
}

export const random: Record<string, Rule> = Object.fromEntries(
	Object.entries(generators).map(([name, at]) => [name, drawn(at)]),
);
