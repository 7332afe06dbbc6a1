import { number } from "../../core/pythonText";
import { anything, choice, type Rule } from "../../core/signature";
import { type Interpolation, InterpolationMode } from "./resample";

/* Arguments that several transforms take; see core/signature.ts. */

const areNumbers = (value: unknown, counts: readonly number[]) =>
	Array.isArray(value) && counts.includes(value.length) && value.every((entry) => typeof entry === "number");

/** [low, high] */
export function range(fallback?: readonly [number, number]): Rule<readonly [number, number]> {
	return anything<readonly [number, number]>("[low, high]", (value) => areNumbers(value, [2]), fallback);
}

/** A number, for −n to n, or [low, high]. */
export function angles(counts: readonly number[] = [2]): Rule<number | readonly number[]> {
	return anything<number | readonly number[]>(
		`a number of degrees that is not negative, or ${counts.join(" or ")} of them`,
		(value) => (typeof value === "number" ? value >= 0 : areNumbers(value, counts)),
	);
}

export function anglesOf(value: number | readonly number[]): readonly number[] {
	return typeof value === "number" ? [0 - value, value] : value;
}

export function probability(fallback: number): Rule<number> {
	return anything<number>(
		"a probability between 0 and 1",
		(value) => typeof value === "number" && value >= 0 && value <= 1,
		fallback,
	);
}

export function interpolation(fallback: Interpolation): Rule<Interpolation> {
	return choice<Interpolation>(Object.values(InterpolationMode), fallback);
}

/** One value, or one for each channel. */
export type Fill = number | readonly number[];

export const fill: Rule<Fill> = anything<Fill>(
	"a number or one for each channel",
	(value) => typeof value === "number" || (Array.isArray(value) && value.every((entry) => typeof entry === "number")),
	0,
);

/** As torchvision prints it. */
export function fillText(fill: Fill): string {
	return `fill=${typeof fill === "number" ? number(fill) : `[${fill.map(number).join(", ")}]`}`;
}
