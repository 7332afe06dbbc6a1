import { defaultGenerator, ownGenerators } from "../../core/generator";
import { type GeneratorHandle, type Handle, native } from "../../core/native";
import { byEntries } from "./entries";
import {
	batched,
	batchedAll,
	innerOf,
	isOf,
	type Level,
	NotTogether,
	type Rule,
	rankOf,
	rows,
	running,
	whole,
} from "./level";

/*
 * Random numbers: the same for all entries, different ones, or none. Different ones are drawn for all entries in one go, as in PyTorch.
 * That needs a tensor of the entries to draw into. What is drawn into another (a permutation, a tensor that was there before, by a
 * generator of one's own) is noticed afterwards, and the function runs for one entry after the other.
 */

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

/** What a level knows of the default generator, and of the use of others. */
class Draws {
	readonly #first = defaultGenerator.getState();
	#state = this.#first;
	readonly #own = ownGenerators.uses;

	/** Whether all that was drawn since is known. */
	get isComplete(): boolean {
		return Buffer.compare(this.#state, defaultGenerator.getState()) === 0 && ownGenerators.uses === this.#own;
	}

	note(): void {
		this.#state = defaultGenerator.getState();
	}

	undo(): void {
		defaultGenerator.setState(this.#first);
	}
}

const draws = new WeakMap<Level, Draws>();

export function watchDraws(level: Level): void {
	if (level.randomness !== "same") draws.set(level, new Draws());
}

/** Whether the entries have the random numbers that the mode of the level promises. */
export function allDrawsKnown(level: Level): boolean {
	return draws.get(level)?.isComplete ?? true;
}

/** The default generator as it was before the level ran. */
export function undoDraws(level: Level): void {
	draws.get(level)?.undo();
}

function drawn(at: number): Rule {
	return (level, args, row) => {
		if (level.randomness === "error") throw new Error(randomnessError(row));
		if (level.randomness === "different") return differently(level, args, row);
		const generator = args[at] as GeneratorHandle;
		const before = native.getState(generator);
		return byEntries(level, row, args, () => native.setState(generator, before));
	};
}

function differently(level: Level, args: unknown[], row: string): unknown {
	if (!allDrawsKnown(level))
		throw new NotTogether(`[${row}] not possible inside vmap: random numbers were drawn beside the entries`);
	const result = forAll(level, args, row);
	draws.get(level)!.note();
	return result;
}

function forAll(level: Level, args: unknown[], row: string): unknown {
	const [x, ...more] = args;
	if (row === "bernoulliTensor_" && isOf(level, x))
		return rows[row]!(x.inner, whole(level, more[0] as Handle), more[1]);
	if (row === "multinomial" && rankOf(x as Handle) === 1) return batched(level, rows[row]!(innerOf(level, x), ...more));
	if (!isOf(level, x) || row === "multinomial") return byEntries(level, row, args);
	const result = rows[row]!(x.inner, ...more);
	return Array.isArray(result) ? batchedAll(level, result) : result;
}

/** With room for the numbers of every entry, where they are to differ. */
export function toDraw(fresh: Handle): Handle {
	const levels = running.filter((level) => level.randomness === "different");
	return levels.reduce((inner, level) => {
		const sizes = native.shape(inner);
		return isOf(level, inner)
			? inner
			: batched(level, native.empty([level.size, ...sizes], native.dtype(inner), inner));
	}, fresh);
}

export function randomnessError(op: string): string {
	return `[vmap] called a random operation (${op}) while in randomness error mode: pass randomness "same" or "different"`;
}

export const random: Record<string, Rule> = Object.fromEntries(
	Object.entries(generators).map(([name, at]) => [name, drawn(at)]),
);
