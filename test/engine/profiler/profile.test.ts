import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as torch from "gradbook";
import { afterAll, describe, expect, test, vi } from "vitest";

const { nn, profiler, optim } = torch;
const folder = mkdtempSync(join(tmpdir(), "gradbook-profiler-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Names of the events right within an event. */
const within = (event: torch.profiler.FunctionEvent) => event.cpuChildren.map((child) => child.name);

function network() {
	torch.manualSeed(0);
	const model = new nn.Sequential(new nn.Linear(8, 4), new nn.ReLU(), new nn.Linear(4, 2));
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
	const [x, y] = [torch.randn(16, 8), torch.randint(0, 2, [16])];
	return () => {
		const loss = profiler.recordFunction("forward", () => nn.functional.crossEntropy(model(x), y));
		loss.backward();
		optimizer.step();
		optimizer.zeroGrad();
		return loss;
	};
}

describe("a profile", () => {
	test("has operations, derivatives, steps and named blocks, each in what it is part of", () => {
		const step = network();
		const prof = profiler.profile({ recordShapes: true }, step);
		const events = prof.events();
		const top = events.filter((event) => event.cpuParent === null).map((event) => event.name);
		expect(top).toEqual([
			"forward",
			"aten::full",
			"autograd::engine::evaluate_function: NllLossBackward0",
			"autograd::engine::evaluate_function: AddmmBackward0",
			"autograd::engine::evaluate_function: torch::autograd::AccumulateGrad",
			"autograd::engine::evaluate_function: torch::autograd::AccumulateGrad",
			"autograd::engine::evaluate_function: ReluBackward0",
			"autograd::engine::evaluate_function: AddmmBackward0",
			"autograd::engine::evaluate_function: torch::autograd::AccumulateGrad",
			"autograd::engine::evaluate_function: torch::autograd::AccumulateGrad",
			"Optimizer.step#SGD.step",
			"Optimizer.zero_grad#SGD.zero_grad",
		]);
		expect(within(events[0]!)).toEqual(["aten::linear", "aten::relu", "aten::linear", "aten::cross_entropy_loss"]);
		expect(events[1]!.inputShapes.slice(0, 3)).toEqual([[16, 8], [4, 8], [4]]);
		const relu = events.find((event) => event.name === "ReluBackward0")!;
		expect(relu.cpuParent!.name).toBe("autograd::engine::evaluate_function: ReluBackward0");
		expect(within(relu)).toEqual(["aten::threshold_backward"]);
		expect(within(events.find((event) => event.name.startsWith("Optimizer.step"))!)).toEqual(["aten::_fused_sgd_"]);
	});

	test("adds up: times of a block are its own and those of what it holds", () => {
		const step = network();
		const prof = profiler.profile(() => {
			for (let i = 0; i < 3; i++) step();
		});
		const averages = prof.keyAverages();
		const forward = averages.find((row) => row.key === "forward")!;
		expect(forward.count).toBe(3);
		expect(forward.cpuTime).toBeCloseTo(forward.cpuTimeTotal / 3);
		const linear = averages.find((row) => row.key === "aten::linear")!;
		expect(linear.count).toBe(6);
		expect(linear.selfCpuTimeTotal).toBe(linear.cpuTimeTotal);
		expect(forward.selfCpuTimeTotal).toBeGreaterThan(0);
		expect(forward.selfCpuTimeTotal).toBeLessThan(forward.cpuTimeTotal - linear.cpuTimeTotal);
		const tops = prof.events().filter((event) => event.cpuParent === null);
		expect(prof.events().selfCpuTimeTotal).toBeCloseTo(
			tops.reduce((sum, event) => sum + event.cpuTimeTotal, 0),
			3,
		);
		expect(averages.totalAverage().count).toBe(prof.events().length);
		const [first] = prof.keyAverages({ groupByInputShape: true }).table({ sortBy: "cpuTimeTotal" }).split("\n");
		expect(first).toMatch(/^-+ {2}-+/);
	});

	test("tells calls with other shapes apart, and in-place writes from results", () => {
		const [a, b] = [torch.ones(2, 3), torch.ones(3)];
		const prof = profiler.profile({ recordShapes: true }, () => {
			a.add(b);
			b.add(b);
			a.add_(b);
			torch.cat([a, a]);
		});
		const rows = prof.keyAverages({ groupByInputShape: true });
		expect(rows.map((row) => [row.key, row.inputShapes?.slice(0, 2)])).toEqual([
			["aten::add", [[2, 3], [3]]],
			["aten::add", [[3], [3]]],
			["aten::add_", [[2, 3], [3]]],
			[
				"aten::cat",
				[
					[
						[2, 3],
						[2, 3],
					],
					[],
				],
			],
		]);
	});

	test("counts what tensors take, and what they give back", () => {
		const x = torch.ones(1024);
		const prof = profiler.profile({ profileMemory: true }, () => {
			using _ = profiler.recordFunction("block");
			const y = x.add(1);
			y.mul(2).dispose();
		});
		const [block, add] = prof.events();
		expect(add!.name).toBe("aten::add");
		expect(add!.cpuMemoryUsage).toBe(4096);
		// The product is gone, an empty tensor stands for it.
		expect(block!.cpuMemoryUsage).toBeGreaterThanOrEqual(4096);
		expect(block!.cpuMemoryUsage).toBeLessThan(2 * 4096);
		expect(prof.keyAverages().table()).toContain("Self CPU Mem");
		expect(
			profiler
				.profile(() => x.add(1))
				.keyAverages()
				.table(),
		).not.toContain("CPU Mem");
	});

	test("knows from where operations were called", () => {
		const x = torch.ones(2);
		const limit = Error.stackTraceLimit;
		function caller() {
			return x.exp();
		}
		const prof = profiler.profile({ withStack: true }, () => caller());
		expect(Error.stackTraceLimit).toBe(limit);
		expect(prof.events()[0]!.stack[0]).toMatch(/profile\.test\.ts\(\d+\): caller$/);
		expect(prof.keyAverages({ groupByStackN: 1 }).table()).toContain("Source Location");
	});

	test("of modules stands in the trace, and not among the sums", () => {
		const step = network();
		const prof = profiler.profile({ withModules: true }, step);
		const modules = prof.events().filter((event) => event.kind === "module");
		expect(modules.map((event) => event.name.replace(/\d+$/, ""))).toEqual([
			"nn.Module: Sequential_",
			"nn.Module: Linear_",
			"nn.Module: ReLU_",
			"nn.Module: Linear_",
		]);
		expect(modules[0]!.name).not.toBe(modules[1]!.name);
		expect(within(modules[1]!)).toEqual(["aten::linear"]);
		expect(modules[0]!.cpuChildren).toEqual(modules.slice(1));
		expect(prof.events().find((event) => event.name === "aten::linear")!.cpuParent!.name).toBe("forward");
		const keys = (options?: torch.profiler.KeyAveragesOptions) => prof.keyAverages(options).map((row) => row.key);
		expect(keys().some((key) => key.startsWith("nn.Module"))).toBe(false);
		expect(keys({ includePythonFunctions: true })).toContain(modules[1]!.name);
	});

	test("follows its schedule", () => {
		const x = torch.ones(3);
		const seen: [number, string[]][] = [];
		const { schedule } = profiler;
		const prof = profiler.profile({
			schedule: schedule({ wait: 1, warmup: 1, active: 2, repeat: 2 }),
			onTraceReady: (ready) => seen.push([ready.stepNum, ready.events().map((event) => event.traceName)]),
		});
		const ops = ["exp", "sin", "cos", "tanh", "abs", "neg", "sqrt", "log", "round"] as const;
		prof.start();
		for (const op of ops) {
			x[op]();
			prof.step();
		}
		prof.stop();
		expect(seen).toEqual([
			[4, ["ProfilerStep#2", "aten::cos", "ProfilerStep#3", "aten::tanh"]],
			[8, ["ProfilerStep#6", "aten::sqrt", "ProfilerStep#7", "aten::log"]],
		]);
		expect(prof.keyAverages()[0]!.key).toBe("ProfilerStep*");
		expect(prof.keyAverages()[0]!.count).toBe(2);
		expect(() => prof.step()).toThrow("[profile] step() before start(): the profile is not running");
	});

	test("ends with its block, with the body's error, and with the promise of its body", async () => {
		const x = torch.ones(3);
		const prof = profiler.profile();
		{
			using _ = prof.start();
			x.exp();
		}
		x.sin();
		expect(prof.events().map((event) => event.name)).toEqual(["aten::exp"]);
		const failing = () =>
			profiler.profile({}, () => {
				throw new Error("mine");
			});
		expect(failing).toThrow("mine");
		const awaited = await profiler.profile({}, async () => {
			await profiler.recordFunction("waits", async () => {
				x.exp();
				await new Promise((resolve) => setTimeout(resolve, 5));
				x.cos();
			});
			x.sin();
		});
		expect(awaited.events().map((event) => event.name)).toEqual(["waits", "aten::exp", "aten::cos", "aten::sin"]);
		expect(awaited.events()[0]!.cpuTimeTotal).toBeGreaterThan(4000);
	});

	test("blocks that overlap, as promises let them, stand side by side", async () => {
		const x = torch.ones(3);
		const prof = await profiler.profile({}, async () => {
			const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
			const one = profiler.recordFunction("one", () => wait(5));
			const two = profiler.recordFunction("two", async () => {
				await wait(30);
				x.exp();
			});
			await Promise.all([one, two]);
		});
		const [one, two, exp] = prof.events();
		expect([one!.cpuParent, two!.cpuParent, exp!.cpuParent]).toEqual([null, null, two]);
		for (const event of prof.events()) expect(event.selfCpuTimeTotal).toBeGreaterThanOrEqual(0);
	});

	test("sees batches being made, and what a step of LBFGS does", () => {
		const loader = new torch.utils.data.DataLoader(new torch.utils.data.TensorDataset(torch.arange(6).reshape(6, 1)), {
			batchSize: 2,
		});
		const w = torch.ones(2, { requiresGrad: true });
		const optimizer = new optim.LBFGS([w], { maxIter: 1 });
		const prof = profiler.profile(() => {
			for (const _ of loader);
			optimizer.step(() => {
				optimizer.zeroGrad();
				const loss = w.square().sum();
				loss.backward();
				return loss;
			});
		});
		const counts = Object.fromEntries(prof.keyAverages().map((row) => [row.key, row.count]));
		expect(counts["enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"]).toBe(4);
		expect(counts["Optimizer.step#LBFGS.step"]).toBe(1);
		expect(counts["Optimizer.zero_grad#LBFGS.zero_grad"]).toBeGreaterThan(0);
	});

	test("refuses what makes no sense, and says so", () => {
		using _ = profiler.profile().start();
		expect(() => profiler.profile().start()).toThrow("[profile] another profile is running: only one can");
		expect(() => profiler.profile().events()).toThrow(
			"[events] nothing was recorded yet: the profile must have run, and been stopped",
		);
		// @ts-expect-error
		expect(() => profiler.profile({ recordShape: true })).toThrow('[profile] unknown option "recordShape"');
		expect(() => profiler.profile({ activities: ["gpu" as "cpu"] })).toThrow(
			'[profile] activities must be ProfilerActivity.CPU ("cpu") and ProfilerActivity.CUDA ("cuda"), got "gpu"',
		);
		expect(() => profiler.profile({ activities: [] })).toThrow("[profile] activities must not be empty");
		// @ts-expect-error
		expect(() => profiler.recordFunction(3)).toThrow("[recordFunction] the name must be a string, got 3");
	});

	test("warns of schedules that throw recorded steps away", () => {
		const said = vi.spyOn(console, "warn").mockImplementation(() => {});
		const { NONE, RECORD } = profiler.ProfilerAction;
		const prof = profiler.profile({ schedule: (step) => (step === 0 ? RECORD : NONE) });
		prof.start();
		prof.step();
		prof.stop();
		expect(said.mock.calls).toEqual([["UserWarning: Incorrect schedule: RECORD followed by NONE"]]);
		said.mockRestore();
	});
});

interface Trace {
	traceEvents: { ph: string; name: string; cat?: string; ts: number; dur?: number; tid: unknown; args?: any }[];
	[key: string]: unknown;
}

describe("the trace", () => {
	function traced(options: torch.profiler.ProfileOptions, name = "trace.json"): Trace {
		const prof = profiler.profile(options, network());
		prof.addMetadata("who", 'a "reader"');
		prof.addMetadataJson("numbers", "[1, 2]");
		prof.exportChromeTrace(join(folder, name));
		const bytes = readFileSync(join(folder, name));
		return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
	}

	test("is Chrome's format: complete events that nest", () => {
		const trace = traced({ recordShapes: true, withModules: true, withStack: true });
		expect(trace).toMatchObject({
			schemaVersion: 1,
			record_shapes: 1,
			with_modules: 1,
			who: 'a "reader"',
			numbers: [1, 2],
		});
		const bars = trace.traceEvents.filter((event) => event.ph === "X" && event.cat !== "Trace");
		const open: number[] = [];
		for (const { ts, dur } of bars.toSorted((a, b) => a.ts - b.ts || b.dur! - a.dur!)) {
			while (open.length > 0 && open.at(-1)! <= ts) open.pop();
			if (open.length > 0) expect(ts + dur!).toBeLessThanOrEqual(open.at(-1)! + 0.002);
			open.push(ts + dur!);
		}
		const categories = new Set(bars.map((event) => event.cat));
		expect(categories).toEqual(new Set(["cpu_op", "user_annotation", "python_function"]));
		const linear = bars.find((event) => event.name === "aten::linear")!;
		expect(linear.args["Input Dims"].slice(0, 3)).toEqual([[16, 8], [4, 8], [4]]);
		expect(linear.args["Input type"].slice(0, 3)).toEqual(["float32", "float32", "float32"]);
		expect(linear.args["Call stack"]).toContain("profile.test.ts");
	});

	test("has memory as instants, and is compressed where its name says so", () => {
		const trace = traced({ profileMemory: true }, "trace.json.gz");
		const instants = trace.traceEvents.filter((event) => event.name === "[memory]");
		expect(instants.length).toBeGreaterThan(3);
		expect(instants[0]!.args).toMatchObject({ Bytes: 256, "Device Type": 0, "Device Id": -1 });
	});

	test("of each cycle goes into a folder by the handler", () => {
		const written = join(folder, "traces");
		const handler = profiler.tensorboardTraceHandler(written, "me");
		profiler.profile({ onTraceReady: handler }, network());
		const files = readdirSync(written);
		expect(files).toHaveLength(1);
		expect(files[0]).toMatch(/^me\.\d+\.pt\.trace\.json$/);
		expect(() => JSON.parse(readFileSync(join(written, files[0]!), "utf8"))).not.toThrow();
	});
});
