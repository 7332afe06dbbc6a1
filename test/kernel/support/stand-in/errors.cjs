// Errors as they are, without source maps.
module.exports = {
	describeError(error) {
		const [ename, evalue] = error instanceof Error ? [error.name, error.message] : ["Error", String(error)];
		return { ename, evalue, traceback: (error?.stack ?? `${ename}: ${evalue}`).split("\n") };
	},
	readableStacks: (text) => text,
};
