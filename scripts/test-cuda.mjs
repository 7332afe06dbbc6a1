// npm run test:cuda: the engine's suites with tensors on a real card, those that `npm test` runs on a stand-in.
//
//   node scripts/test-cuda.mjs [what vitest takes: files, -t NAME]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "./addon.mjs";

const engine = join(root, "dist", "engine", "index.js");
if (!existsSync(engine)) {
	console.error("test:cuda: nothing is built: npm run build");
	process.exit(1);
}
const require = createRequire(import.meta.url);
const { cuda } = require(engine);
if (!cuda.isAvailable()) {
	const { native } = require(join(root, "dist", "engine", "core", "native", "index.js"));
	console.error(`test:cuda: no card to test on: ${native.cudaInfo().problem}`);
	process.exit(1);
}
const { name, major, minor } = cuda.getDeviceProperties();
console.log(`test:cuda: ${name}, compute capability ${major}.${minor}`);
// A suite compiles what it needs, one kernel after the other: where there are processors for it, all are compiled before.
if (availableParallelism() >= 8) {
	const compile = join(root, "scripts", "compile-kernels.mjs");
	spawnSync(process.execPath, [compile, String(10 * major + minor)], { stdio: "inherit" });
}
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const answer = spawnSync(
	process.execPath,
	[vitest, "run", "--project", "cuda", "--project", "card", ...process.argv.slice(2)],
	{
		cwd: root,
		stdio: "inherit",
		// Each suite compiles what it needs, and nearly all that there is: programs that compile ahead for every one of them do it many
		// times over.
		env: { ...process.env, GRADBOOK_TEST_CARD: "real", GRADBOOK_COMPILE_AHEAD: "off" },
	},
);
process.exit(answer.status ?? 1);
