// A compiler for tests of the kernel without its compiler: JavaScript in, line by line. A cell's declarations at the
// beginning of a line outlive it; its last line is its value where it does not begin like a statement.
let cells = 0;

function compile(source, { executionCount }) {
	if (source.startsWith("syntax error")) {
		return { status: "error", error: { ename: "SyntaxError", evalue: "no", traceback: ["SyntaxError: no"] } };
	}
	const file = `cell-${++cells}.ts`;
	const lines = source.split("\n").map((line) =>
		line
			.replace(/^(?:const|let|var) (\w+) =/, "exports.$1 =")
			.replace(/^import \* as (\w+) from (".*");?/, "exports.$1 = require($2);")
			.replace(/^(async )?function (\w+)\(/, "exports.$2 = $1function $2("),
	);
	const last = lines.length - 1;
	const statement = /^\s*(?:exports\.|for\b|while\b|if\b|throw\b|try\b|[}\])]|\/\/|$)/.test(lines[last]);
	if (!statement) lines[last] = `exports.last_ = (${lines[last].replace(/;\s*$/, "")}\n);`;
	const cell = {
		file,
		executionCount,
		source,
		code: `with (exports) {${lines.join("\n")}}`,
		sourceMap: "",
		hasTopLevelAwait: lines.some((line) => /\bawait /.test(line) && !/\basync\b/.test(line)),
		lastExpression: statement ? undefined : "last_",
		declares: [],
	};
	return { status: "ok", cell };
}

module.exports = {
	createCompiler: () => ({
		compile: async (source, options) => compile(source, options),
		complete: async (source, cursor) => ({
			matches: [`${source}Done`],
			cursorStart: 0,
			cursorEnd: cursor,
			items: [{ text: `${source}Done`, type: "function", start: 0, end: cursor }],
		}),
		inspect: async (source) => (source === "known" ? { "text/plain": "const known: number" } : undefined),
		valueAt: (source) => (source === "known" ? ["known"] : undefined),
		isComplete: async (source) =>
			source.endsWith("{") ? { status: "incomplete", indent: "\t" } : { status: "complete" },
		close: async () => {},
	}),
};
