import { offsetOfPlace } from "../text";
import type { Problem } from "./diagnostics";

/*
 * What TypeScript says of a cell is about types. A reader of a notebook wants to know what to write: which cell should have
 * declared a name, where a name comes from, which options there are.
 */

/** What the adviser may ask of the session. */
export interface Knowledge {
	/** The number of the cell that would have declared a name, had it run. */
	refused: ReadonlyMap<string, number>;
	/** Options of the call whose arguments stand at an offset, with their types; undefined where none are known. */
	optionsAt(offset: number): Promise<ReadonlyMap<string, string | undefined> | undefined>;
	/** How the function or class of the engine is called whose arguments stand at an offset; `any`: also one of others. */
	callAt(offset: number, any: boolean): Promise<string | undefined>;
	/** The module of our package that exports a name. */
	exporterOf(name: string): Promise<string | undefined>;
}

/** Names that notes bring in by lines of their own. */
const customary: Record<string, string> = {
	torch: 'import * as torch from "gradbook";',
	nn: "const { nn } = torch;",
	optim: "const { optim } = torch;",
	F: "const F = torch.nn.functional;",
};

/** Problems with a sentence more, where one helps. What has been said once is not said again. */
export async function advised(problems: Problem[], source: string, knowledge: Knowledge): Promise<Problem[]> {
	const said = new Set<string>();
	const result: Problem[] = [];
	for (const problem of problems) {
		const advice = await adviceFor(problem, source, knowledge);
		if (advice === undefined || said.has(advice.text)) result.push(problem);
		else {
			said.add(advice.text);
			const message = advice.instead ? advice.text : `${problem.message} ${advice.text}`;
			result.push({ ...problem, message });
		}
	}
	return result;
}

interface Advice {
	text: string;
	/** It says all that the problem's own message says. */
	instead?: boolean;
}

async function adviceFor(
	{ code, message, start, end }: Problem,
	source: string,
	knowledge: Knowledge,
): Promise<Advice | undefined> {
	const [from, to] = [start, end].map((place) => offsetOfPlace(source, place)) as [number, number];
	const text = source.slice(from, to);
	switch (code) {
		// "Cannot find name", also with "Did you mean"; "Cannot find namespace".
		case 2304:
		case 2503:
		case 2552:
			return nameAdvice(text, knowledge);
		// "'x' is possibly 'null'."
		case 18047:
			return path.test(text) ? { text: `Where you know that it is there: ${text}!` } : undefined;
		case 2322:
		case 2345:
			if (path.test(text) && /^[^\n]*'[^'\n]* \| null' is not assignable/.test(message))
				return { text: `Where you know that it is not null: ${text}!` };
			return (
				typeAdvice(message, text) ??
				(await optionAdvice(from, text, knowledge)) ??
				(await callAdvice(message, from, knowledge)) ??
				// Where too few arguments were given the whole call is what is wrong.
				(text.endsWith(")") ? await callAdvice(message, to - 1, knowledge) : undefined)
			);
		// "No overload matches this call.", "Type 'DType' has no properties in common with type 'TensorOptions'.", "is missing in"
		case 2769:
		case 2559:
		case 2739:
		case 2740:
		case 2741:
			return (
				typeAdvice(message, text) ??
				(await optionAdvice(from, text, knowledge)) ??
				(await callAdvice(message, from, knowledge))
			);
		// "Expected 2-4 arguments, but got 1."
		case 2554:
		case 2555:
			return callAdvice(message, text.endsWith(")") ? to - 1 : from, knowledge);
		// "Property does not exist on type", "must have a '[Symbol.iterator]()' method"
		case 2339:
		case 2488:
			return memberAdvice(message);
		// "Object literal may only specify known properties"
		case 2353:
			return optionAdvice(from, `{ ${text}: 0 }`, knowledge);
		default:
			return undefined;
	}
}

function memberAdvice(message: string): Advice | undefined {
	if (/type '(?:.*\| )?NestedNumbers'/i.test(message))
		return { text: "Types do not know how deep lists are: x.tolist<number[]>(), x.tolist<number[][]>()." };
	if (/Property '(?!forward')\w+' does not exist on type 'Module'/.test(message)) {
		return {
			text: "Which class a module is of has to be said: if (m instanceof nn.Linear) …, or (m as torch.nn.Linear); model.at(2) of a Sequential knows it.",
		};
	}
	return undefined;
}

const path = /^[\w$]+(?:\.[\w$]+)*$/;

async function nameAdvice(name: string, knowledge: Knowledge): Promise<Advice | undefined> {
	const cell = knowledge.refused.get(name);
	if (cell !== undefined) return { text: `Cell [${cell}], which declares it, did not run: it has errors.` };
	const line = Object.hasOwn(customary, name) ? customary[name] : undefined;
	if (line !== undefined) return { text: `It is brought in by ${line}` };
	const module = await knowledge.exporterOf(name);
	return module === undefined ? undefined : { text: `It is brought in by import { ${name} } from "${module}";` };
}

function typeAdvice(message: string, text: string): Advice | undefined {
	const last = message.split("\n").at(-1)!;
	const dtype = /\bdtype:\s*(["'`][^"'`]*["'`])/.exec(text)?.[1];
	if (dtype !== undefined)
		return { text: `${dtype} is no dtype: one is torch.float32, torch.int64 and the like.`, instead: true };
	if (/Property 'isParameter' is missing/.test(message)) {
		return {
			text: "A plain tensor is no parameter: one is new nn.Parameter(x), and weight.data = x gives a parameter other values.",
			instead: true,
		};
	}
	if (/to parameter of type '(?:torch\.optim\.)?Params</.test(message))
		return { text: "An optimiser takes parameters: model.parameters(), or groups { params, lr }." };
	if (/to parameter of type 'Parameters'/.test(message)) return { text: "Those of a module are model.parameters()." };
	if (/'Tensor' is not assignable to parameter of type '[^']*\b(?:Pixels|ImageDataLike)\b/.test(message))
		return { text: "A tensor is shown as pictures by imageGrid(x)." };
	if (/'Tensor' is not assignable to parameter of type 'Source</.test(message))
		return { text: "Tensors become a data set by new TensorDataset(x, y)." };
	if (/(?:type|Type) 'Tensor' is not assignable to (?:parameter of )?type 'number'/.test(last))
		return { text: "The number of a tensor of one element is x.item()." };
	return undefined;
}

/** Types that list the ways to give parameters: nobody reads them. */
const unreadable = /\b(?:Named|By|Omit|OptionsOf|Flat)<|\bnamed: |Arguments(?:<[^']*)?'|\.\.\. \d+ more|\bargs_\d/;

/** How a call is written whose arguments do not fit. */
async function callAdvice(message: string, offset: number, knowledge: Knowledge): Promise<Advice | undefined> {
	// Of several overloads TypeScript tells of the last, which need not be the one that was meant.
	const call = await knowledge.callAt(offset, /^No overload/.test(message));
	if (call === undefined) return undefined;
	const [first, ...reasons] = message.split("\n");
	const given = /^\s*Argument of type '\[?(.*?)\]?' is not assignable/.exec(
		/^No overload/.test(first!) ? (reasons[1] ?? "") : first!,
	)?.[1];
	if (given === undefined || !unreadable.test(message)) return { text: `It is called so: ${call}.` };
	const reason = reasons.at(-1)?.trim() ?? "";
	const why = reason === "" || unreadable.test(reason) || /position \d|from type '\{/.test(reason) ? "" : ` ${reason}`;
	return { text: `Arguments (${given}) do not fit ${call}.${why}`, instead: true };
}

/** Of an object literal: names that are no options, or what those given are. */
async function optionAdvice(from: number, text: string, knowledge: Knowledge): Promise<Advice | undefined> {
	const given = /^\{([^{}]*)\}$/.exec(text)?.[1];
	if (given === undefined) return undefined;
	const names = [...given.matchAll(/(?:^|,)\s*(?:"([^"]+)"|([\w$]+))\s*(?=[:,]|$)/g)].map(
		(found) => found[1] ?? found[2]!,
	);
	const options = await knowledge.optionsAt(from);
	if (options === undefined) return undefined;
	const wrong = names.find((name) => !options.has(name));
	if (wrong !== undefined) {
		const near = nearest(wrong, [...options.keys()]);
		const all = [...options].filter(([, type]) => type !== undefined || options.size < 8).map(([name]) => name);
		const meant = near === undefined ? "" : ` Did you mean '${near}'?`;
		return { text: `There is no option '${wrong}' here.${meant} The options are ${all.join(", ")}.`, instead: true };
	}
	const typed = names.flatMap((name) => (options.get(name) === undefined ? [] : [`${name}: ${options.get(name)}`]));
	return typed.length === 0 ? undefined : { text: `Expected are ${typed.join(", ")}.` };
}

/** The option that a name was meant to be: PyTorch's spelling of it, or one or two letters off. */
function nearest(name: string, options: readonly string[]): string | undefined {
	const camel = name.replaceAll(/_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
	const exact = options.find((option) => option.toLowerCase() === camel.toLowerCase());
	if (exact !== undefined) return exact;
	const ranked = options
		.map((option) => ({ option, distance: distance(camel.toLowerCase(), option.toLowerCase()) }))
		.sort((a, b) => a.distance - b.distance);
	return ranked[0] !== undefined && ranked[0].distance <= Math.min(2, name.length - 1) ? ranked[0].option : undefined;
}

/** Letters to be changed, put in or left out (Levenshtein). */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++)
			next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
		row = next;
	}
	return row[b.length]!;
}
