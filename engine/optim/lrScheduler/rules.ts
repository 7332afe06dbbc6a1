import { anything, integer, type Rule } from "../../core/signature";
import { Optimizer } from "../optimizer";

/* Arguments that all schedules have. */

export const optimizer: Rule<Optimizer> = anything("an Optimizer", (value) => value instanceof Optimizer);
export const lastEpoch = integer(-1, -1);

const isNumber = (value: unknown) => typeof value === "number";

/** One number for all groups, or one for each. */
export function numberPerGroup(fallback?: number): Rule<number | readonly number[]> {
	return anything(
		"a number or a list of numbers, one for each group",
		(value) => isNumber(value) || (Array.isArray(value) && value.every(isNumber)),
		fallback as number | readonly number[] | undefined,
	);
}
