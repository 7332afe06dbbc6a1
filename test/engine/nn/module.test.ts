import { inspect } from "node:util";
import type { Tensor } from "gradbook";
import * as torch from "gradbook";
import { describe, expect, test } from "vitest";

/* What every module can do: names, traversal, modes, hooks, state, copies, text. */

const { nn } = torch;

class Net extends nn.Module {
	fcOne = new nn.Linear(3, 4);
	fc_two = new nn.Linear(4, 2);
	scale = new nn.Parameter(torch.ones(1));
	readonly #secret = 7;

	constructor() {
		super();
		this.registerBuffer("runningMean", torch.zeros(2));
		this.registerBuffer("not_saved", torch.zeros(1), { persistent: false });
	}

	forward(x: Tensor): Tensor {
		return this.fc_two(this.fcOne(x).relu()).mul(this.scale);
	}

	get secret(): number {
		return this.#secret;
	}
}

describe("a module", () => {
	test("is called, and is an instance of its class", () => {
		const net = new Net();
		expect(net).toBeInstanceOf(nn.Module);
		expect(net(torch.ones(5, 3)).shape).toEqual([5, 2]);
		expect(net.secret).toBe(7);
		expect(Object.keys(net)).not.toContain("length");
	});

	test("names what it holds as PyTorch does, in the order of assignment", () => {
		const net = new Net();
		const keys = ["scale", "fc_one.weight", "fc_one.bias", "fc_two.weight", "fc_two.bias"];
		expect(net.namedParameters().map(([name]) => name)).toEqual(keys);
		expect(Object.keys(net.stateDict())).toEqual(["scale", "running_mean", ...keys.slice(1)]);
		expect(net.namedBuffers().map(([name]) => name)).toEqual(["running_mean", "not_saved"]);
		expect(net.namedModules().map(([name]) => name)).toEqual(["", "fc_one", "fc_two"]);
		expect(net.getParameter("fc_one.weight")).toBe(net.fcOne.weight);
		expect(net.getBuffer("running_mean").shape).toEqual([2]);
		expect(net.getSubmodule("fc_two")).toBe(net.fc_two);
		expect(() => net.getParameter("fc_one.wait")).toThrow(/no attribute `wait`/);
		expect(() => net.getSubmodule("scale")).toThrow(/not an nn.Module/);
	});

	test("notices reassignment, and two properties of one name", () => {
		const net = new Net();
		net.fcOne = new nn.Linear(3, 4, { bias: false });
		expect(Object.keys(net.stateDict())).toEqual([
			"scale",
			"running_mean",
			"fc_one.weight",
			"fc_two.weight",
			"fc_two.bias",
		]);
		(net as any).fc_one = new nn.Linear(1, 1);
		expect(() => net.stateDict()).toThrow(/fcOne and fc_one have the same name fc_one/);
	});

	test("gives a shared parameter once", () => {
		const a = new nn.Linear(2, 2);
		const b = new nn.Linear(2, 2);
		b.weight = a.weight;
		const model = new nn.Sequential(a, b, a);
		expect(model.parameters()).toHaveLength(3);
		expect(model.modules()).toHaveLength(3);
		expect(model.namedParameters({ removeDuplicate: false })).toHaveLength(6);
		const copy = model.clone();
		expect(copy.at(1).weight).toBe(copy.at(0).weight);
		expect(copy.at(2)).toBe(copy.at(0));
	});

	test("is switched as a whole, or in parts", () => {
		const model = new nn.Sequential(new nn.Dropout(0.5), new nn.Sequential(new nn.Dropout(0.5)));
		expect(model.eval()).toBe(model);
		expect(model.modules().map((module) => module.training)).toEqual([false, false, false, false]);
		model.at(0).train();
		expect(model.modules().map((module) => module.training)).toEqual([false, true, false, false]);
		expect(() => model.train("yes" as never)).toThrow(/got "yes"/);
	});

	test("freezes, clears gradients, changes dtype, applies a function inside out", () => {
		const net = new Net();
		net(torch.ones(1, 3)).sum().backward();
		const weight = net.fcOne.weight;
		expect(weight.grad).not.toBeNull();
		expect(net.double().fcOne.weight).toBe(weight);
		expect([weight.dtype, weight.grad!.dtype, net.getBuffer("running_mean").dtype]).toEqual([
			torch.float64,
			torch.float64,
			torch.float64,
		]);
		net.zeroGrad({ setToNone: false });
		expect(weight.grad!.abs().sum().item()).toBe(0);
		net.zeroGrad();
		expect(weight.grad).toBeNull();
		net.requiresGrad_(false);
		expect(net.parameters().some((parameter) => parameter.requiresGrad)).toBe(false);
		const seen: string[] = [];
		net.apply((module) => seen.push(module.constructor.name));
		expect(seen).toEqual(["Linear", "Linear", "Net"]);
		expect(() => net.to(torch.int64)).toThrow(/only accepts floating point dtypes, got torch.int64/);
	});

	test("copies share nothing; gradients stay behind", () => {
		const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
		model(torch.ones(1, 2)).sum().backward();
		const seen: number[] = [];
		model.registerForwardHook(() => seen.push(1));
		const copy = nn.deepcopy(model);
		expect(copy.at(0).weight.grad).toBeNull();
		torch.noGrad(() => copy.at(0).weight.zero_());
		expect(model.at(0).weight.abs().sum().item()).toBeGreaterThan(0);
		copy(torch.ones(1, 2));
		expect(seen).toEqual([1]);
		expect(String(copy)).toBe(String(model));
	});

	test("prints as PyTorch does", () => {
		const model = new nn.Sequential({
			first: new nn.Linear(2, 3),
			rest: new nn.Sequential(new nn.ReLU(), new nn.Dropout(0.2)),
		});
		const text = [
			"Sequential(",
			"  (first): Linear(in_features=2, out_features=3, bias=True)",
			"  (rest): Sequential(",
			"    (0): ReLU()",
			"    (1): Dropout(p=0.2, inplace=False)",
			"  )",
			")",
		].join("\n");
		expect(String(model)).toBe(text);
		expect(inspect(model)).toBe(text);
		expect(`${new nn.ModuleList([0, 1, 2].map(() => new nn.Linear(2, 2)))}`).toBe(
			"ModuleList(\n  (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)\n)",
		);
		expect(String(new nn.Parameter(torch.ones(2)))).toBe("Parameter containing:\ntensor([1., 1.], requires_grad=True)");
	});
});

describe("a state dict", () => {
	test("that does not fit is refused with PyTorch's words", () => {
		const model = new nn.Linear(2, 3);
		const bad = { weight: torch.ones(2, 2), extra: torch.ones(1) };
		expect(() => model.loadStateDict(bad)).toThrow(
			'Error(s) in loading state_dict for Linear:\n\tMissing key(s) in state_dict: "bias". \n\tUnexpected key(s) in state_dict: "extra". \n\t' +
				"size mismatch for weight: copying a param with shape torch.Size([2, 2]) from checkpoint, the shape in current model is torch.Size([3, 2]).",
		);
		const keys = model.loadStateDict({ bias: torch.ones(3), extra: torch.ones(1) }, { strict: false });
		expect(String(keys)).toBe("_IncompatibleKeys(missing_keys=['weight'], unexpected_keys=['extra'])");
		expect(model.bias!.tolist()).toEqual([1, 1, 1]);
		expect(() => model.loadStateDict({ weight: 3 as never, bias: torch.ones(3) })).toThrow(
			/named "weight".*received 3/,
		);
	});

	test("unexpected keys come in the order of the modules; a count of batches may be missing, as in old checkpoints", () => {
		const norm = new nn.BatchNorm1d(2);
		const model = new nn.Sequential(norm, new nn.Linear(2, 1));
		norm.numBatchesTracked!.fill_(5);
		const { "0.num_batches_tracked": _, ...state } = model.stateDict();
		const more = { "1.extra": torch.ones(1), "0.extra": torch.ones(1), "2.weight": torch.ones(1), top: torch.ones(1) };
		const keys = model.loadStateDict({ ...more, ...state }, { strict: false });
		expect(keys.missingKeys).toEqual([]);
		expect(keys.unexpectedKeys).toEqual(["2.weight", "top", "0.extra", "1.extra"]);
		expect(norm.numBatchesTracked!.item()).toBe(5);
	});

	test("shares memory; assign takes tensors over; hooks see it", () => {
		const model = new nn.Linear(2, 1);
		const state = model.stateDict();
		torch.noGrad(() => state.weight!.fill_(5));
		expect(model.weight.tolist()).toEqual([[5, 5]]);
		expect(state.weight!.requiresGrad).toBe(false);
		const given = { weight: torch.zeros(1, 2).double(), bias: torch.zeros(1).double() };
		model.loadStateDict(given, { assign: true });
		expect(model.weight).toBeInstanceOf(nn.Parameter);
		expect(model.weight.dtype).toBe(torch.float64);
		model.registerStateDictPostHook((_, out, prefix) => {
			out[`${prefix}extra`] = torch.ones(1);
		});
		model.registerLoadStateDictPreHook((_, input, prefix) => {
			delete input[`${prefix}extra`];
		});
		expect(Object.keys(model.stateDict())).toEqual(["weight", "bias", "extra"]);
		const loaded = model.loadStateDict(model.stateDict());
		expect([String(loaded), inspect(loaded)]).toEqual(new Array(2).fill("<All keys matched successfully>"));
	});
});

describe("hooks", () => {
	test("before and after forward, replacing, prepended, removed, everywhere", () => {
		const layer = new nn.Identity();
		const seen: string[] = [];
		layer.registerForwardPreHook((_, [x]) => {
			seen.push("pre");
			return x.mul(2);
		});
		const after = layer.registerForwardHook((_module, _args, out) => {
			seen.push("after");
			return out.add(1);
		});
		layer.registerForwardHook(() => void seen.push("first"), { prepend: true });
		using _everywhere = nn.registerModuleForwardHook(() => void seen.push("everywhere"));
		expect(layer(torch.ones(1)).item()).toBe(3);
		expect(seen).toEqual(["pre", "everywhere", "first", "after"]);
		after.remove();
		expect(layer(torch.ones(1)).item()).toBe(2);
		_everywhere.remove();
	});

	test("run after an error where they always do", () => {
		class Fails extends nn.Module {
			forward(): Tensor {
				throw new Error("no");
			}
		}
		const module = new Fails();
		const seen: string[] = [];
		module.registerForwardHook(() => void seen.push("plain"));
		module.registerForwardHook(() => void seen.push("always"), { alwaysCall: true });
		expect(() => module()).toThrow("no");
		expect(seen).toEqual(["always"]);
	});

	test("see gradients of inputs and outputs, and may replace both", () => {
		const layer = new nn.Linear(2, 1, { bias: false });
		torch.noGrad(() => layer.weight.fill_(3));
		const seen: unknown[] = [];
		layer.registerFullBackwardPreHook((_, [grad]) => [grad!.mul(10)]);
		layer.registerFullBackwardHook((_, gradInput, gradOutput) => {
			seen.push(gradInput[0]!.tolist(), gradOutput[0]!.tolist());
			return [gradInput[0]!.mul(2)];
		});
		const x = torch.ones(1, 2).requiresGrad_();
		layer(x).sum().backward();
		expect(seen).toEqual([[[30, 30]], [[10]]]);
		expect(x.grad!.tolist()).toEqual([[60, 60]]);
		expect(layer.weight.grad!.tolist()).toEqual([[10, 10]]);
	});

	test("see nulls for inputs that want no gradient", () => {
		const layer = new nn.Linear(2, 1);
		const seen: unknown[] = [];
		layer.registerFullBackwardHook((_, gradInput, gradOutput) => void seen.push(gradInput, gradOutput[0]!.shape));
		layer(torch.ones(3, 2)).sum().backward();
		expect(seen).toEqual([[null], [3, 1]]);
	});
});

describe("containers", () => {
	const three = () => new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU(), new nn.Linear(3, 2));

	test("Sequential: index, slice, spread, change", () => {
		const model = three();
		expect(model.length).toBe(3);
		expect(model.at(-1)).toBe(model[2]);
		const tail = model.slice(1);
		expect([...tail]).toEqual([...model].slice(1));
		expect(Object.keys(tail.stateDict())).toEqual(["2.weight", "2.bias"]);
		expect(tail[1]).toBe(model[2]);
		const both = new nn.Sequential(...model.slice(0, -1), new nn.Linear(3, 5));
		expect(both(torch.ones(1, 4)).shape).toEqual([1, 5]);
		model.append(new nn.Sigmoid()).insert(1, new nn.Dropout(0.1));
		expect([...model].map((module) => module.constructor.name)).toEqual([
			"Linear",
			"Dropout",
			"ReLU",
			"Linear",
			"Sigmoid",
		]);
		expect(model.pop(1)).toBeInstanceOf(nn.Dropout);
		model[1] = new nn.Tanh();
		expect(Object.keys(model.stateDict())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
		expect(String(model.at(1))).toBe("Tanh()");
		expect(() => model.at(9)).toThrow(/index 9 is out of range for 4 modules/);
		expect(() => model.append(3 as never)).toThrow(/must be a Module, got 3/);
	});

	test("named ones keep the user's names", () => {
		const model = new nn.Sequential({ fcOne: new nn.Linear(2, 2), "2nd": new nn.ReLU() });
		expect(Object.keys(model.stateDict())).toEqual(["fcOne.weight", "fcOne.bias"]);
		expect((model as any).fcOne).toBe(model.at(0));
		expect((model.clone() as any).fcOne).not.toBe(model.at(0));
		expect(() => new nn.Sequential({ forward: new nn.ReLU() })).toThrow(/already exists/);
		expect(() => new nn.Sequential({ "a.b": new nn.ReLU() })).toThrow(/contain a dot, got "a.b"/);
	});

	test("ModuleList and ModuleDict hold, and are not called", () => {
		const list = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)]);
		expect(list.map((layer, i) => `${i}${layer.outFeatures}`)).toEqual(["02", "12"]);
		expect(() => list()).toThrow(/missing the required "forward"/);
		const dict = new nn.ModuleDict({ conv: new nn.Linear(1, 1), "0": new nn.ReLU() });
		dict.set("at", new nn.Tanh());
		expect(dict.keys().sort()).toEqual(["0", "at", "conv"]);
		expect(dict.get("conv").inFeatures).toBe(1);
		expect(Object.keys(dict.stateDict())).toEqual(["conv.weight", "conv.bias"]);
		expect(() => dict.get("nothing" as never)).toThrow(/no module "nothing"/);
	});
});

describe("bad arguments are named", () => {
	test.each([
		[
			"a string",
			() => new nn.Linear("3" as never, 2),
			/\[Linear\] inFeatures must be an integer of at least 0, got "3"/,
		],
		["a fraction", () => new nn.Linear(3, 2.5), /outFeatures must be an integer of at least 0, got 2.5/],
		["nothing", () => new (nn.Linear as any)(3), /\[Linear\] outFeatures is missing/],
		[
			"a misspelt option",
			() => new nn.Linear(3, 2, { biass: false } as never),
			/unknown option "biass": did you mean "bias"\?/,
		],
		[
			"PyTorch's spelling",
			() => new nn.Linear({ in_features: 3, outFeatures: 2 } as never),
			/"in_features": did you mean "inFeatures"\?/,
		],
		["twice", () => new nn.Linear(3, 2, { inFeatures: 3 } as never), /two values for inFeatures/],
		[
			"too many",
			() => new (nn.Dropout as any)(0.5, true, 3),
			/\[Dropout\] takes at most 2 arguments \(p, inplace\), got 3/,
		],
		["a probability", () => new nn.Dropout(1.5), /\[Dropout\] p must be a probability between 0 and 1, got 1.5/],
		[
			"a choice",
			() => new nn.MSELoss({ reduction: "avg" as never }),
			/reduction must be "mean" or "sum" or "none", got "avg"/,
		],
		["paddingIdx", () => new nn.Embedding(3, 2, 5), /paddingIdx must be within numEmbeddings 3, got 5/],
		["an existing name", () => new Net().registerBuffer("forward", null), /'forward' already exists/],
		["no tensor", () => new Net().registerBuffer("x", 3 as never), /"x" must be a tensor or null, got 3/],
	])("%s", (_, run, message) => {
		expect(run).toThrow(message);
	});
});

test("a hook before a state dict, and deterministic algorithms", () => {
	const model = new nn.Sequential(new nn.Linear(1, 1));
	const seen: unknown[] = [];
	const handle = model.at(0).registerStateDictPreHook((module, prefix, keepVars) => {
		seen.push([module.constructor.name, prefix, keepVars]);
	});
	model.stateDict({ prefix: "net.", keepVars: true });
	handle.remove();
	model.stateDict();
	expect(seen).toEqual([["Linear", "net.0.", true]]);

	torch.useDeterministicAlgorithms(true, { warnOnly: true });
	expect([torch.areDeterministicAlgorithmsEnabled(), torch.isDeterministicAlgorithmsWarnOnlyEnabled()]).toEqual([
		true,
		true,
	]);
	torch.useDeterministicAlgorithms(false);
	expect(torch.areDeterministicAlgorithmsEnabled()).toBe(false);
	expect(() => torch.useDeterministicAlgorithms(1 as never)).toThrow(/must be true or false, got 1/);
});

test("a module without forward is told so when it is called", () => {
	class Empty extends (nn.Module as unknown as new () => (x: torch.Tensor) => void) {}
	expect(() => new Empty()(torch.ones(1))).toThrow('Module [Empty] is missing the required "forward" function');
});

test("modules are added to containers by name, and found by their classes", () => {
	const row = new nn.Sequential();
	row.addModule("first", new nn.Linear(2, 3));
	row.registerModule("act", new nn.ReLU());
	row.addModule("act", new nn.Tanh());
	expect(String(row)).toBe(
		"Sequential(\n  (first): Linear(in_features=2, out_features=3, bias=True)\n  (act): Tanh()\n)",
	);
	expect(row(torch.zeros(1, 2)).shape).toEqual([1, 3]);
	const named = new nn.Sequential({ norm: new nn.BatchNorm1d(2), out: new nn.Linear(2, 1) });
	expect(named.get("norm").numFeatures + named.get("out").outFeatures).toBe(3);
	expect(row.get("none")).toBeUndefined();
	const heads = new nn.ModuleDict({ a: new nn.Linear(2, 3), b: new nn.Linear(2, 4) });
	expect(heads.items().map(([name, head]) => `${name} ${head.outFeatures}`)).toEqual(["a 3", "b 4"]);
	heads.addModule("c", new nn.Linear(2, 5));
	expect(Object.keys(heads.stateDict())).toContain("c.weight");
});

describe("state beside tensors", () => {
	class Counting extends nn.Module {
		w = new nn.Parameter(torch.ones(1));
		count = 5;
		forward(x: torch.Tensor) {
			return x.mul(this.w);
		}
		override getExtraState() {
			return { count: this.count };
		}
		override setExtraState(state: { count: number }) {
			this.count = state.count;
		}
	}

	test("is saved under _extra_state and loaded again", () => {
		const model = new nn.Sequential(new Counting(), new nn.Linear(1, 1));
		const state = model.stateDict() as Record<string, unknown>;
		expect(Object.keys(state)).toEqual(["0.w", "0._extra_state", "1.weight", "1.bias"]);
		expect(state["0._extra_state"]).toEqual({ count: 5 });
		state["0._extra_state"] = { count: 9 };
		expect(String(model.loadStateDict(state as never))).toBe("<All keys matched successfully>");
		expect(model.at(0).count).toBe(9);
		delete state["0._extra_state"];
		expect(() => model.loadStateDict(state as never)).toThrow('Missing key(s) in state_dict: "0._extra_state". ');
		expect(model.loadStateDict(state as never, { strict: false }).missingKeys).toEqual(["0._extra_state"]);
	});

	test("is unexpected where a class does not know of it", () => {
		const model = new nn.Sequential(new nn.Linear(1, 1));
		const state = { ...model.stateDict(), "0._extra_state": 3 };
		expect(() => model.loadStateDict(state as never)).toThrow('Unexpected key(s) in state_dict: "0._extra_state". ');
	});
});

describe("names that are taken", () => {
	class Full extends nn.Module {
		a = new nn.Linear(2, 3);
		plain = 3;
		constructor() {
			super();
			this.registerBuffer("b", torch.ones(2));
		}
		forward() {}
	}
	const parameter = () => new nn.Parameter(torch.ones(3));

	test("are refused, unless it is of the same kind: PyTorch's rule", () => {
		const full = new Full();
		for (const [register, name] of [
			[() => full.registerBuffer("a", torch.ones(1)), "a"],
			[() => full.a.registerBuffer("weight", torch.ones(3)), "weight"],
			[() => full.registerParameter("b", parameter()), "b"],
			[() => full.registerParameter("plain", null), "plain"],
			[() => full.registerBuffer("plain", null), "plain"],
			[() => full.registerModule("b", new nn.Linear(1, 1)), "b"],
			[() => full.a.registerModule("weight", new nn.Linear(1, 1)), "weight"],
		] as const) {
			expect(register).toThrow(`attribute '${name}' already exists`);
		}
		full.registerBuffer("b", torch.zeros(3));
		full.a.registerParameter("weight", parameter());
		full.registerModule("a", new nn.Linear(1, 1));
		expect(full.getBuffer("b").shape).toEqual([3]);
		expect(full.a.weight.shape).toEqual([1, 1]);
	});
});

describe("setSubmodule", () => {
	class Outer extends nn.Module {
		inner = new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU());
		plain = 3;
		forward() {}
	}

	test("replaces and adds modules by their names", () => {
		const outer = new Outer();
		outer.setSubmodule("inner.1", new nn.Tanh());
		outer.setSubmodule("inner.2", new nn.Linear(2, 1));
		outer.setSubmodule("extra", new nn.Identity());
		expect(outer.namedModules().map(([name]) => name)).toEqual(["", "inner", "inner.0", "inner.1", "inner.2", "extra"]);
		expect(outer.getSubmodule("inner.1")).toBeInstanceOf(nn.Tanh);
	});

	test("refuses what PyTorch refuses", () => {
		const outer = new Outer();
		const module = new nn.Identity();
		expect(() => outer.setSubmodule("", module)).toThrow("cannot set the submodule without a target name");
		expect(() => outer.setSubmodule("nothing.x", module)).toThrow("Outer has no attribute `nothing`");
		expect(() => outer.setSubmodule("extra", module, { strict: true })).toThrow("Outer has no attribute `extra`");
		expect(() => outer.setSubmodule("plain", module)).toThrow("`plain` is not an nn.Module");
		expect(() => outer.setSubmodule("plain.x", module)).toThrow("`plain` is not an nn.Module");
		expect(() => outer.setSubmodule("inner", 3 as never)).toThrow("`module` is not an nn.Module, got 3");
	});
});

test("toEmpty gives all tensors new memory on a device", () => {
	const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
	const before = model.at(0).weight;
	const data = before.data;
	expect(model.toEmpty({ device: "cpu" })).toBe(model);
	expect(model.at(0).weight).toBe(before);
	data.fill_(7);
	expect(before.shape).toEqual([3, 2]);
	expect(before.eq(7).all().item()).toBe(0);
	expect(model.at(1).runningMean!.shape).toEqual([3]);
	expect(() => model.toEmpty({} as never)).toThrow('[toEmpty] device is missing: { device: "cuda" }');
});

test("JSON has state dicts as nested numbers", () => {
	const model = new nn.Sequential(new nn.Linear(2, 1));
	model.at(0).weight.data = torch.tensor([[1, 2]]);
	model.at(0).bias!.data = torch.tensor([0.5]);
	const state = { "0.weight": [[1, 2]], "0.bias": [0.5] };
	expect(JSON.parse(JSON.stringify(model.stateDict()))).toEqual(state);
	expect(JSON.parse(JSON.stringify({ model }))).toEqual({ model: state });
	expect(JSON.stringify({ x: torch.tensor([true, false]), n: torch.tensor([3n]), s: torch.tensor(0.5) })).toBe(
		'{"x":[1,0],"n":[3],"s":0.5}',
	);
});
