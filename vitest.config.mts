import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = fileURLToPath(new URL(".", import.meta.url));
const dist = (file: string) => fileURLToPath(new URL(`./dist/${file}`, import.meta.url));

/** Suites that run on a card too. Those of test/cuda/card are for it alone. */
const onCard = [
	"test/cuda/card/*.test.ts",
	"test/engine/ops/distances.test.ts",
	"test/engine/ops/linalg.test.ts",
	"test/engine/ops/reference.test.ts",
	"test/engine/optim/trajectories.test.ts",
	"test/engine/nn/reference.test.ts",
	"test/engine/nn/normalization.test.ts",
	"test/engine/nn/activation.test.ts",
	"test/engine/nn/attention.test.ts",
	"test/engine/nn/half.test.ts",
	"test/engine/nn/recurrent.test.ts",
	"test/engine/nn/utils.test.ts",
];

/** Suites of the project "cpu" that bring a card themselves: in `npm run test:cuda` it is the machine's own. */
const withCard = [
	"autocast",
	"chains",
	"follows",
	"graph*",
	"layers",
	"optim",
	"orders",
	"pinned",
	"programs",
	"views",
];

/** Suites of a minute or more. */
const longest = ["cuda test/engine/ops/reference", "cpu test/cuda/nvrtc", "cpu test/notebooks/chapters"];

/** Begins with the longest suites: one that is begun last keeps a core waiting. The others come in vitest's own order. */
class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const place = ({ project, moduleId }: TestSpecification) => {
			const at = longest.indexOf(`${project.name} ${relative(root, moduleId).replace(/\.test\.ts$/, "")}`);
			return at < 0 ? longest.length : at;
		};
		return (await super.sort(files)).sort((a, b) => place(a) - place(b));
	}
}

// Tests import the package by its public names and so meet the compiled files that users meet.
export default defineConfig({
	resolve: {
		alias: [
			{ find: /^gradbook$/, replacement: dist("engine/index.js") },
			{ find: /^gradbook\/vision$/, replacement: dist("engine/vision/index.js") },
			{ find: /^gradbook\/metrics$/, replacement: dist("engine/metrics/index.js") },
			{ find: /^gradbook\/display$/, replacement: dist("kernel/views/index.js") },
		],
	},
	test: {
		reporters: ["default", "./test/support/closing-line.ts"],
		server: { deps: { external: [/\/dist\//] } },
		// Two cores: a kernel under test is a process with threads of its own.
		maxWorkers: 2,
		pool: "forks",
		sequence: { sequencer: LongestFirst },
		// Kernels, servers and browsers share two cores with whatever else a machine does: one more try, in CI only; a failure that
		// stays is a failure, and the report names what was tried again.
		retry: process.env.CI ? 1 : 0,
		// What tests run is nobody's history.
		env: { GRADBOOK_HISTORY: "off" },
		testTimeout: 30_000,
		// What is waited for comes when it comes: a test's own limit ends the waiting.
		expect: { poll: { timeout: 30_000 } },
		hookTimeout: 60_000,
		projects: [
			{ extends: true, test: { name: "cpu", include: ["test/**/*.test.ts"], exclude: ["test/cuda/card/**"] } },
			// The CPU's suites once more, with tensors on a card: a stand-in for one (test/cuda/standin).
			{
				extends: true,
				test: {
					name: "cuda",
					include: process.platform === "linux" ? onCard : [],
					setupFiles: ["test/cuda/setup.ts"],
				},
			},
			...(process.env.GRADBOOK_TEST_CARD === "real"
				? [
						{
							extends: true as const,
							test: { name: "card", include: withCard.map((name) => `test/cuda/${name}.test.ts`) },
						},
					]
				: []),
		],
	},
});
