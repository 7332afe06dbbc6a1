import { offsetOfPlace } from "../text";
import type { Problem } from "./diagnostics";

/*
 * Who comes from PyTorch writes some lines as Python has them. What TypeScript says of such a line is true and no help, so the
 * error gets a sentence that says how the line is written here.
 */

/** Operators, and the methods that tensors have for them. */
const methods: Record<string, string> = {
	"+": "add",
	"-": "sub",
	"*": "mul",
	"/": "div",
	"%": "remainder",
	"**": "pow",
	"@": "matmul",
	"<": "lt",
	"<=": "le",
	">": "gt",
	">=": "ge",
	"==": "eq",
	"===": "eq",
	"!=": "ne",
	"!==": "ne",
	"&": "logicalAnd",
	"|": "logicalOr",
	"+=": "add_",
	"-=": "sub_",
	"*=": "mul_",
	"/=": "div_",
};

const operator = String.raw`\*\*|[=!]==?|[<>]=|[-+*/]=|[-+*/%@<>&|]`;
const after = new RegExp(String.raw`^\s*\)*\s*(${operator})`);
const before = new RegExp(String.raw`(${operator})\s*\(*\s*$`);
const within = new RegExp(String.raw`\s(${operator})\s`);

function computed(sign: string | undefined): string | undefined {
	const method = sign === undefined ? undefined : methods[sign];
	if (method === undefined) return undefined;
	// A tensor in a condition would always be true.
	const item = /^[<>]=?$/.test(sign!) ? `; in a condition a.item() ${sign} b` : "";
	return `Operators take numbers; tensors have methods: a.${method}(b) for a ${sign} b${item}.`;
}

/** Names of Python's own, and what stands for them. */
const names: Record<string, string> = {
	print: "print(x) is console.log(String(x)), or x alone on the last line of a cell.",
	len: "len(x) is x.length.",
	range: "for i in range(n) is for (let i = 0; i < n; i++).",
	enumerate: "enumerate(list) is list.entries().",
	zip: "zip(a, b) is a.map((x, i) => [x, b[i]]).",
	None: "None is null.",
	True: "True is true.",
	False: "False is false.",
	self: "self is this.",
	isinstance: "isinstance(x, C) is x instanceof C.",
	int: "int(x) is Math.trunc(x); of a tensor x.item().",
	float: "float(x) is Number(x); of a tensor x.item().",
	str: "str(x) is String(x).",
	list: "list(x) is [...x].",
	dict: "dict(a=1) is { a: 1 }.",
	not: "not x is !x.",
	help: "help(x) is x? on a line of its own.",
	type: "type(x) is typeof x, of an object x.constructor.",
	input: "input(text) is prompt(text).",
	sum: "sum(list) is list.reduce((a, b) => a + b, 0), of a tensor x.sum().",
	max: "max(a, b) is Math.max(a, b), of a tensor x.max().",
	min: "min(a, b) is Math.min(a, b), of a tensor x.min().",
	abs: "abs(x) is Math.abs(x), of a tensor x.abs().",
	round: "round(x, 2) is x.toFixed(2), of a tensor x.round({ decimals: 2 }).",
	sorted: "sorted(list) is list.toSorted((a, b) => a - b).",
	next: "next(iter(loader)) is const [batch] = loader.",
	iter: "iter(x) is x[Symbol.iterator]().",
	super: "super().__init__() is super().",
	np: "There is no numpy: tensors do what its arrays do.",
	plt: 'Plots are import { plot, liveCurve } from "gradbook/display".',
	tqdm: 'tqdm(items) is progress(items): import { progress } from "gradbook/display".',
};

/** Beginnings of lines that are Python's. */
const lines: readonly [pattern: RegExp, hint: string][] = [
	[
		/^with\b/,
		"with torch.no_grad(): is torch.noGrad(() => { … }), or using _ = torch.noGrad(); in a block of its own.",
	],
	[
		/^(?:import\s+numpy\b|from\s+numpy\b)/,
		"There is no numpy: tensors do what its arrays do, and torch.load reads .npy and .npz files.",
	],
	[
		/^(?:import\s+(?:matplotlib|seaborn|plotly)\b|from\s+(?:matplotlib|seaborn|plotly)\b)/,
		'Plots are import { plot, liveCurve } from "gradbook/display".',
	],
	[
		/^(?:import\s+torchvision\b|from\s+torchvision\b)/,
		'torchvision is import { datasets, transforms } from "gradbook/vision".',
	],
	[
		/^(?:import\s+[\w.]+(?:\s+as\s+\w+)?\s*;?$|from\s+[\w.]+\s+import\b)/,
		'import torch is import * as torch from "gradbook".',
	],
	[/^def\b/, "def f(x): is function f(x: torch.Tensor) { … }; in a class forward(x: torch.Tensor) { … }."],
	[/^class\b.*:\s*$/, "class Net(nn.Module): is class Net extends nn.Module { … }."],
	[/^for\s+[\w, ]+\s+in\b.*:/, "for x in items: is for (const x of items) { … }."],
	[/^(?:if|while|elif|else)\b.*:\s*$/, "if a: is if (a) { … }; elif is else if."],
	[/^(?:try|finally)\s*:\s*$|^except\b.*:\s*$/, "try: … except E as e: is try { … } catch (e) { … }."],
	[/^(?:raise|assert)\s/, "raise E(text) is throw new Error(text); assert a is if (!a) throw new Error()."],
	[/\blambda\b[^:]*:/, "lambda x: x + 1 is (x) => x + 1."],
	[/[[({].*\sfor\s+[\w, ]+\s+in\s/, "[f(x) for x in items if c(x)] is items.filter(c).map(f)."],
	[/\bf"|\bf'/, `f"loss {x:.3f}" is \`loss \${x.toFixed(3)}\`.`],
	[/^[^"'`]*\s(?:and|or)\s/, "a and b is a && b, a or b is a || b, not a is !a."],
	[/\snot\s|^not\s/, "not a is !a; a not in list is !list.includes(a)."],
	[/\S\s+if\s.+\selse\s/, "a if c else b is c ? a : b."],
	[/^(?:pass|del\s+[\w.]+)\s*$/, "pass is {}; del is not needed: what nothing refers to is collected."],
	[/\*\*\w+\s*\)/, "f(**options) is f(options) or f({ ...options })."],
	[/^#/, "Comments begin with //."],
];

/** Problems with a sentence more where the line looks like Python's. */
export function aboutPython(problems: Problem[], source: string): Problem[] {
	const said = new Set<string>();
	return problems.map((problem) => {
		const hint = hintFor(problem, source);
		if (hint === undefined || said.has(hint)) return problem;
		said.add(hint);
		return { ...problem, message: `${problem.message} ${hint}` };
	});
}

function hintFor({ code, message, start, end }: Problem, source: string): string | undefined {
	const [from, to] = [start, end].map((place) => offsetOfPlace(source, place)) as [number, number];
	const text = source.slice(from, to);
	switch (code) {
		// "Operator '<' cannot be applied to types 'Tensor' and 'number'."
		case 2365:
			if (/^Operator '[-+*/]=' .* types 'number' and 'Tensor'/.test(message))
				return "The number of a tensor of one element is x.item(): total += loss.item().";
			return /'Tensor'/.test(message) ? computed(/^Operator '([^']+)'/.exec(message)?.[1]) : undefined;
		// A side of an arithmetic operation that is no number: the words do not say what it is.
		case 2362:
			return computed(after.exec(source.slice(to))?.[1]);
		case 2363:
			return computed(before.exec(source.slice(0, from))?.[1]);
		// Types without overlap are compared.
		case 2367:
			return /'Tensor'/.test(message) ? computed(within.exec(text)?.[1]) : undefined;
		// "Element implicitly has an 'any' type because expression of type '0' can't be used to index type 'Tensor'."
		case 7053:
			return /index type 'Tensor'/.test(message)
				? 'Brackets of Python are at(): x.at(0), x.at(":", "1:3"), x.at(mask); x[0] = 5 is x.setAt([0], 5).'
				: undefined;
		case 2339:
		case 2551:
			if (/type 'boolean'/.test(message)) return computed("==");
			return /Property 'numpy' .* type 'Tensor'/.test(message) ? "x.numpy() is x.toTypedArray()." : undefined;
		case 2304:
		case 2552:
			return Object.hasOwn(names, text) ? names[text] : undefined;
		case 7006:
			return `Its type stands beside it, such as ${text}: torch.Tensor or ${text}: number.`;
		default:
			return code < 2000 ? pythonLine(source, from) : undefined;
	}
}

/** Of an error of syntax: the line that it is on. */
function pythonLine(source: string, at: number): string | undefined {
	const line = source
		.slice(source.lastIndexOf("\n", at - 1) + 1)
		.split("\n", 1)[0]!
		.trim();
	const found = lines.find(([pattern]) => pattern.test(line));
	if (found !== undefined) return found[1];
	return /[\w)\]]\s+@\s+[\w(]/.test(line) ? computed("@") : undefined;
}
