import type MagicString from "magic-string";
import type { Magic } from "./magics";
import type { Scan } from "./scan";
import type { Node } from "./syntax";
import { UnsupportedInCell } from "./unsupported";

/** A magic, and for `name?` what to print where there is no such name. */
export type PlacedMagic = Magic & { missing?: string };

/** What `%timeit` cannot repeat. */
const notRepeated = /^(?:Import|Export|TS\w*(?:Import|Export|Enum|Module)|Class|Function)\w*$/;

/** Puts the calls of magics (session/magics.ts) into a transformed cell, where the magics stood. */
export function placeMagics(
	code: MagicString,
	statements: readonly Node[],
	found: Scan,
	magics: readonly PlacedMagic[],
	prefix: string,
): { hasTopLevelAwait: boolean } {
	let hasTopLevelAwait = false;
	for (const [index, magic] of magics.entries()) {
		const covered = statements.filter(({ start }) => start >= magic.start && start < magic.end);
		const around = (before: string, after: string) => {
			code.prependLeft(covered[0]!.start, before);
			code.appendRight(covered.at(-1)!.end, after);
		};
		// One character of the line lies between the statements before it and behind it.
		const here = (call: string) => code.appendLeft(magic.start + 1, call);
		switch (magic.kind) {
			case "time":
				if (covered.length === 0) throw new UnsupportedInCell("%time has no code to measure.", magic.start, magic.end);
				around(`;const ${prefix}time${index} = ${prefix}.magics.time();`, `;${prefix}time${index}();`);
				break;
			case "timeit": {
				const fixed = covered.find(({ type }) => notRepeated.test(type));
				if (fixed !== undefined || covered.length === 0) {
					const { start, end } = fixed ?? magic;
					throw new UnsupportedInCell(
						"%timeit repeats expressions, loops and assignments; declare before it what it needs.",
						start,
						end,
					);
				}
				const waits = found.awaits.some(
					({ node, inFunction }) => !inFunction && node.start >= magic.start && node.start < covered.at(-1)!.end,
				);
				const options = JSON.stringify({ loops: magic.loops, runs: magic.runs });
				const [call, open] = waits
					? [`await ${prefix}.magics.timeitAsync`, "async () => {"]
					: [`${prefix}.magics.timeit`, "() => {"];
				around(`;${call}(${open}`, `}, ${options});`);
				break;
			}
			case "who":
			case "whos":
				here(`;${prefix}.magics.who(${magic.kind === "whos"});`);
				break;
			case "shell":
				here(`;await ${prefix}.magics.shell(${JSON.stringify(magic.command)});`);
				hasTopLevelAwait = true;
				break;
			case "inspect":
				if (magic.missing !== undefined) here(`;console.log(${JSON.stringify(magic.missing)});`);
				break;
		}
	}
	return { hasTopLevelAwait };
}
