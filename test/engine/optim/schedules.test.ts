import * as torch from "gradbook";
import { afterEach, describe, expect, test, vi } from "vitest";
import { camelCase, readReference } from "../../support/reference";

/* Schedules against PyTorch's learning rates and momenta: test/reference/make_schedules.py. */

const { lrScheduler } = torch.optim;

type Row = [lr: number, momentum: number][];

interface Case {
	name: string;
	kind: string;
	kwargs: Record<string, unknown>;
	epochs: number[] | null;
	metrics: number[] | null;
	rows: Row[];
	last: number[];
}

const { cases } = readReference<{ cases: Case[] }>("optim_schedules.json");

function optimizerOf(kind: string): torch.optim.Optimizer<any> {
	const params = [0, 1].map(() => new torch.nn.Parameter(torch.ones(1)));
	const groups = [
		{ params: params.slice(0, 1), lr: 0.5 },
		{ params: params.slice(1), lr: 0.2 },
	];
	return kind === "Adam" ? new torch.optim.Adam(groups) : new torch.optim.SGD(groups, { momentum: 0.9 });
}

/** `T_max` is `TMax` and `T_0` is `T0`: the rule of all names. */
function build(name: string, optimizer: torch.optim.Optimizer<any>, kwargs: Record<string, unknown>): any {
	const options = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [camelCase(key), value]));
	const schedulers = kwargs.schedulers as [string, Record<string, unknown>][] | undefined;
	const inner = schedulers?.map(([kind, own]) => build(kind, optimizer, own));
	if (name === "SequentialLR") return new lrScheduler.SequentialLR(optimizer, inner!, kwargs.milestones as number[]);
	if (name === "ChainedScheduler") return new lrScheduler.ChainedScheduler(inner!);
	return new (lrScheduler as any)[name](optimizer, options);
}

function record(optimizer: torch.optim.Optimizer<any>): Row {
	return optimizer.paramGroups.map((group: any) => [group.lr, group.betas?.[0] ?? group.momentum]);
}

function advance(given: Case, scheduler: any, optimizer: torch.optim.Optimizer<any>, i: number): void {
	optimizer.step();
	const argument = given.metrics?.[i] ?? given.epochs?.[i];
	if (argument === undefined) scheduler.step();
	else scheduler.step(argument);
}

function expectRow(found: Row, expected: Row, what: string): void {
	expected.flat().forEach((value, i) => {
		const got = found.flat()[i]!;
		expect(Math.abs(got - value), `${what}: ${got} for ${value}`).toBeLessThanOrEqual(1e-12 + 1e-10 * Math.abs(value));
	});
}

afterEach(() => vi.restoreAllMocks());

describe.each(cases.map((given) => ({ label: `${given.name} ${JSON.stringify(given.kwargs)} ${given.kind}`, given })))(
	"$label",
	({ given }) => {
		test("gives PyTorch's rates", () => {
			const optimizer = optimizerOf(given.kind);
			const scheduler = build(given.name, optimizer, given.kwargs);
			given.rows.forEach((row, i) => {
				if (i > 0) advance(given, scheduler, optimizer, i - 1);
				expectRow(record(optimizer), row, `after step ${i}`);
			});
			expect(scheduler.getLastLr()).toEqual(record(optimizer).map(([lr]) => lr));
		});

		test("goes on from a saved state", () => {
			const first = optimizerOf(given.kind);
			const before = build(given.name, first, given.kwargs);
			for (let i = 0; i < 8; i++) advance(given, before, first, i);
			const second = optimizerOf(given.kind);
			const after = build(given.name, second, given.kwargs);
			second.loadStateDict(first.stateDict());
			after.loadStateDict(before.stateDict());
			for (let i = 8; i < given.rows.length - 1; i++) {
				advance(given, after, second, i);
				expectRow(record(second), given.rows[i + 1]!, `after step ${i + 1}`);
			}
		});
	},
);

describe("schedules", () => {
	test("warn where the optimiser has not stepped", () => {
		const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
		const scheduler = new lrScheduler.StepLR(optimizerOf("SGD"), 3);
		scheduler.step();
		expect(warned).toHaveBeenCalledOnce();
		expect(warned.mock.calls[0]![0]).toMatch(/before `optimizer.step\(\)`/);
	});

	test("can be written by hand", () => {
		class Halving extends lrScheduler.LRScheduler {
			constructor(optimizer: torch.optim.Optimizer<any>) {
				super(optimizer);
				this.start();
			}
			getLr(): number[] {
				return this.baseLrs.map((lr) => lr / 2 ** this.lastEpoch);
			}
		}
		const optimizer = optimizerOf("SGD");
		const scheduler = new Halving(optimizer);
		optimizer.step();
		scheduler.step();
		expect(scheduler.getLastLr()).toEqual([0.25, 0.1]);
	});

	test("LambdaLR and MultiplicativeLR call functions of the epoch", () => {
		const optimizer = optimizerOf("SGD");
		const lambda = new lrScheduler.LambdaLR(optimizer, [(epoch) => 0.9 ** epoch, () => 2]);
		expect(lambda.getLastLr()).toEqual([0.5, 0.4]);
		optimizer.step();
		lambda.step();
		expect(lambda.getLastLr()).toEqual([0.45, 0.4]);
		const other = optimizerOf("SGD");
		const factor = new lrScheduler.MultiplicativeLR(other, (epoch) => epoch);
		for (let i = 0; i < 3; i++) {
			other.step();
			factor.step();
		}
		expect(factor.getLastLr()[0]).toBeCloseTo(3, 12);
		expect(lambda.stateDict().lr_lambdas).toEqual([null, null]);
	});

	const optimizer = optimizerOf("SGD");
	test.each([
		["no optimiser", () => new lrScheduler.StepLR({} as never, 3), /optimizer must be an Optimizer/],
		["stepSize", () => new lrScheduler.StepLR(optimizer, 0), /stepSize must be an integer of at least 1, got 0/],
		["factor", () => new lrScheduler.ConstantLR(optimizer, 1.5), /factor must be a factor between 0 and 1, got 1.5/],
		["totalSteps", () => new lrScheduler.OneCycleLR(optimizer, { maxLr: 1 }), /either totalSteps or/],
		[
			"mode",
			() => new lrScheduler.ReduceLROnPlateau(optimizer, { mode: "up" as never }),
			/mode must be "min" or "max", got "up"/,
		],
		[
			"a plateau in a sequence",
			() => new lrScheduler.SequentialLR(optimizer, [new lrScheduler.ReduceLROnPlateau(optimizer) as never], []),
			/does not support ReduceLROnPlateau/,
		],
		[
			"milestones",
			() => new lrScheduler.SequentialLR(optimizer, [new lrScheduler.StepLR(optimizer, 2)], [3]),
			/one scheduler more than milestones/,
		],
		[
			"two optimisers",
			() =>
				new lrScheduler.ChainedScheduler([
					new lrScheduler.StepLR(optimizer, 2),
					new lrScheduler.StepLR(optimizerOf("SGD"), 2),
				]),
			/same optimizer/,
		],
		[
			"a snake_case option",
			() => new lrScheduler.StepLR(optimizer, { step_size: 3 } as never),
			/"step_size": did you mean "stepSize"/,
		],
	])("%s: an error that says what is wrong", (_, run, message) => {
		expect(run).toThrow(message);
	});
});

describe("optimisers", () => {
	const param = () => torch.ones(2).requiresGrad_();
	test.each([
		["lr", () => new torch.optim.SGD([param()], { lr: -1 }), /\[SGD\] lr must be a number of at least 0, got -1/],
		[
			"betas",
			() => new torch.optim.Adam([param()], { betas: [0.9, 1] }),
			/\[Adam\] betas must be two numbers.*got \[0.9, 1\]/,
		],
		[
			"nesterov",
			() => new torch.optim.SGD([param()], { nesterov: true }),
			/nesterov momentum requires a momentum and zero dampening/,
		],
		["an option", () => new torch.optim.SGD([param()], { learningRate: 1 } as never), /unknown option "learningRate"/],
		["no parameters", () => new torch.optim.SGD([]), /empty parameter list/],
		["a tensor", () => new torch.optim.SGD(param() as never), /params must be parameters or groups/],
		[
			"a number",
			() => new torch.optim.SGD([3 as never]),
			/parameter group must be an object|can only optimize Tensors/,
		],
		["no leaf", () => new torch.optim.SGD([param().mul(2)]), /can't optimize a non-leaf Tensor/],
		[
			"twice",
			() => {
				const p = param();
				return new torch.optim.SGD([{ params: [p] }, { params: [p] }]);
			},
			/more than one parameter group/,
		],
	])("%s: an error that says what is wrong", (_, run, message) => {
		expect(run).toThrow(message);
	});

	test("take named parameters, groups added later, hooks and closures", () => {
		const model = new torch.nn.Linear(2, 1);
		const optimizer = new torch.optim.SGD(model.namedParameters(), { lr: 0.1 });
		expect(optimizer.paramGroups[0]!.params).toHaveLength(2);
		const late = param();
		optimizer.addParamGroup({ params: late, lr: 1 });
		const seen: string[] = [];
		optimizer.registerStepPreHook(() => seen.push("pre"));
		const post = optimizer.registerStepPostHook(() => seen.push("post"));
		const loss = optimizer.step(() => {
			optimizer.zeroGrad();
			const value = late.square().sum();
			value.backward();
			return value;
		});
		expect(loss.item()).toBe(2);
		expect(late.tolist()).toEqual([-1, -1]);
		post.remove();
		optimizer.step();
		expect(seen).toEqual(["pre", "post", "pre"]);
		optimizer.zeroGrad({ setToNone: false });
		expect(late.grad!.tolist()).toEqual([0, 0]);
		optimizer.zeroGrad();
		expect(late.grad).toBeNull();
	});
});
