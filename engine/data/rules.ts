import { Generator } from "../core/generator";
import { anything, nullable, type Rule } from "../core/signature";

/* Arguments that several classes of this folder take; see core/signature.ts. */

export const isPositive = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

export function positive(fallback?: number): Rule<number> {
	return anything<number>("a positive whole number", isPositive, fallback);
}

/** null: the default generator. */
export const generator: Rule<Generator | null> = nullable(
	anything<Generator>("a Generator", (value) => value instanceof Generator),
);

export function iterable<T>(expected: string): Rule<Iterable<T>> {
	return anything<Iterable<T>>(
		expected,
		(value) => typeof value === "object" && value !== null && Symbol.iterator in value,
	);
}
