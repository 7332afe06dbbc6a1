import { describe, expect, test, vi } from "vitest";
import { runProgram } from "./program";
import { hasStandin, standinEnvironment } from "./standin";

/* Recurrent layers by a stand-in for cuDNN: which ones it gets and how, its dropout, and the engine's own kernels in its place. */

vi.setConfig({ testTimeout: 240_000 });

function layers(program: string, settings = "cudnn=loud"): { said: string[]; lines: string[] } {
	const { lines, errors } = runProgram(program, standinEnvironment(settings));
	return { said: errors.split("\n").filter((line) => line.startsWith("cuDNN: ")), lines };
}

/** `check`: results, states and gradients on the card beside those of the host in float64; `run` gives them. */
const compare = `
	const { nn } = torch;
	const rnn = nn.utils.rnn;
	const run = (name, options, place, dtype, lengths) => {
		torch.manualSeed(3);
		const layer = new nn[name](3, 5, options).to(place).to(dtype);
		const x = torch.randn(4, 3, 3).to(place).to(dtype).requiresGrad_();
		const [y, states] = layer(lengths ? rnn.packPaddedSequence(x, lengths, { enforceSorted: false }) : x);
		const all = [lengths ? y.data : y, states].flat();
		all.map((result) => result.mul(result).sum()).reduce((sum, each) => sum.add(each)).backward();
		return [...all, x.grad, ...layer.parameters().map((p) => p.grad)].map((t) => t.detach().cpu().to(torch.float64));
	};
	const check = (name, options = {}, dtype = torch.float32, lengths = null) => {
		const tolerance = { float32: 1e-4, float64: 1e-9, float16: 2e-2, bfloat16: 1e-1 }[dtype.name];
		const expected = run(name, options, "cpu", torch.float64, lengths);
		const good = run(name, options, "cuda", dtype, lengths).every((x, i) => torch.allclose(x, expected[i], { rtol: tolerance, atol: tolerance }));
		console.log(name, dtype.name, good);
	};`;

describe.skipIf(!hasStandin)("cuDNN", () => {
	test("computes every kind of recurrent layer, whole: layers, directions, projections, packed sequences, types", () => {
		const { said, lines } = layers(`${compare}
			check("RNN");
			check("RNN", { nonlinearity: "relu", bias: false, numLayers: 2 });
			check("GRU", { bidirectional: true, numLayers: 3, batchFirst: true });
			check("LSTM", { projSize: 2, bidirectional: true, numLayers: 2 });
			check("LSTM", { projSize: 2, bias: false }, torch.float64);
			check("LSTM", { bidirectional: true, bias: false }, torch.float32, [2, 4, 1]);
			check("GRU", { numLayers: 2 }, torch.float32, [4, 3, 1]);
			check("GRU", {}, torch.float32, [4, 4, 4]);
			check("LSTM", {}, torch.float16);
			check("LSTM", {}, torch.bfloat16);
			check("RNN", {}, torch.float64, [1, 2, 4]);
		`);
		expect(lines.filter((line) => !line.endsWith(" true"))).toEqual([]);
		expect(lines).toHaveLength(11);
		// Each layer: forward, the gradient of data, that of weights. All layers in one call.
		expect(said.map((line) => line.split(" ")[2]!.replace(",", ""))).toEqual(
			lines.flatMap(() => ["forward", "data", "weights"]),
		);
		expect(
			said.filter((line) => line.includes(" forward")).map((line) => line.replace("forward, training, ", "")),
		).toEqual([
			"cuDNN: tanh algorithm 3, math 0, 1 layers, 1 directions, even, type 0",
			"cuDNN: ReLU algorithm 3, math 0, 2 layers, 1 directions, even, type 0",
			"cuDNN: GRU algorithm 3, math 0, 3 layers, 2 directions, even, type 0",
			"cuDNN: LSTM algorithm 0, math 0, 2 layers, 2 directions, even, type 0",
			"cuDNN: LSTM algorithm 0, math 0, 1 layers, 1 directions, even, type 1",
			"cuDNN: LSTM algorithm 0, math 0, 1 layers, 2 directions, packed, type 0",
			"cuDNN: GRU algorithm 0, math 0, 2 layers, 1 directions, packed, type 0",
			"cuDNN: GRU algorithm 3, math 0, 1 layers, 1 directions, even, type 0",
			"cuDNN: LSTM algorithm 3, math 1, 1 layers, 1 directions, even, type 2",
			"cuDNN: LSTM algorithm 3, math 0, 1 layers, 1 directions, even, type 9",
			"cuDNN: tanh algorithm 0, math 0, 1 layers, 1 directions, packed, type 1",
		]);
	});

	test("switches, autocast, inference, and what it does not take", () => {
		const { said, lines } = layers(`${compare}
			const { cudnn } = torch.backends;
			cudnn.flags({ enabled: false }, () => check("LSTM", { numLayers: 2 }));
			cudnn.flags({ allowTf32: false }, () => check("GRU"));
			const layer = new nn.GRU(3, 140, { numLayers: 2, dropout: 0.5 }).to("cuda");
			const x = torch.randn(4, 2, 3).to("cuda");
			layer(x)[0].sum().item();
			torch.noGrad(() => layer(x)[0].sum().item());
			torch.noGrad(() => layer.eval()(x)[0].sum().item());
			show(() => torch.autocast("cuda", () => layer(x)[0]).dtype);
			torch.cuda.synchronize();
			// A step without rows; no input at all.
			show(() => new nn.GRU(0, 2).to("cuda")(torch.ones(2, 1, 0).to("cuda"))[0].shape);
		`);
		expect(lines).toEqual(["LSTM float32 true", "GRU float32 true", "torch.float16", "2,1,2"]);
		expect(said).toEqual([
			...["forward, training", "data", "weights"].map(
				(pass) => `cuDNN: GRU ${pass}, algorithm 3, math 3, 1 layers, 1 directions, even, type 0`,
			),
			// Too large for the small algorithm where gradients follow, and not where none do.
			"cuDNN: GRU forward, training, algorithm 0, math 0, 2 layers, 1 directions, even, type 0",
			"cuDNN: GRU forward, training, algorithm 3, math 0, 2 layers, 1 directions, even, type 0",
			"cuDNN: GRU forward, algorithm 3, math 0, 2 layers, 1 directions, even, type 0",
			"cuDNN: GRU forward, training, algorithm 0, math 1, 2 layers, 1 directions, even, type 2",
		]);
	});

	test("a library that knows the standard algorithm alone gets that; one that knows none is one less", () => {
		const program = `${compare}
			check("LSTM", { numLayers: 2 });
			check("LSTM", { numLayers: 2 });`;
		const plain = layers(program, "cudnn=plain");
		expect(plain.lines).toEqual(["LSTM float32 true", "LSTM float32 true"]);
		expect(plain.said.filter((line) => !line.includes("algorithm 0"))).toEqual([]);
		expect(plain.said).toHaveLength(6);
		const refused = layers(program, "cudnn=refuse");
		expect(refused).toEqual({ said: [], lines: plain.lines });
	});

	test("weights lie in one piece where they were made, moved or copied to, and their gradients come so", () => {
		const { lines } = layers(`
			const { nn } = torch;
			const memories = (tensors) => new Set(tensors.map((x) => native.storageId(x.handle))).size;
			const model = new nn.Sequential(new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true })).to("cuda");
			const layer = model.at(0);
			const x = torch.randn(2, 1, 3).to("cuda");
			// What a call keeps for its derivative: weights that are spread are copied.
			const kept = (layer) => {
				const before = torch.cuda.memoryAllocated();
				const y = layer(x)[0];
				return torch.cuda.memoryAllocated() - before + 0 * y.numel();
			};
			layer(x)[0].sum().backward();
			show(() => [memories(layer.parameters()), memories(layer.parameters().map((p) => p.grad))]);
			const copy = layer.clone();
			show(() => memories([...copy.parameters(), ...layer.parameters()]));
			for (const p of copy.parameters()) p.data = p.data.clone();
			const all = copy.parameters().reduce((sum, p) => sum + p.numel() * 4, 0);
			show(() => kept(copy) - kept(layer) >= all);
			copy.flattenParameters();
			show(() => [memories(copy.parameters()), memories(new nn.GRU(2, 3, { device: "cuda" }).parameters()), memories(layer.half().parameters())]);
			const shared = new nn.RNN(3, 3).to("cuda");
			shared.weightHhL0 = shared.weightIhL0;
			shared.flattenParameters();
			show(() => shared.weightHhL0 === shared.weightIhL0 && shared(x)[0].shape);
		`);
		expect(lines).toEqual(["1,1", "2", "true", "1,1,1", "2,1,3"]);
	});

	test("draws dropout's masks: from one number of the card's generator for each seed, and on from there", () => {
		const { lines } = layers(`
			const { nn } = torch;
			const layer = new nn.LSTM(3, 4, { numLayers: 2, dropout: 0.5 }).to("cuda");
			const other = new nn.GRU(3, 4, { numLayers: 2, dropout: 0.2 }).to("cuda");
			const x = torch.randn(6, 2, 3).to("cuda");
			const same = (a, b) => torch.equal(a, b);
			torch.manualSeed(5);
			const [first, second] = [layer(x)[0], layer(x)[0]];
			const after = torch.rand(1, { device: "cuda" }).item();
			const third = other(x)[0];
			show(() => [same(first, second), same(layer.eval()(x)[0], layer(x)[0])]);
			layer.train();
			torch.manualSeed(5);
			show(() => [same(layer(x)[0], first), same(layer(x)[0], second), same(other(x)[0], third)]);
			torch.manualSeed(5);
			torch.empty([], { dtype: torch.int64, device: "cuda" }).random_();
			show(() => torch.rand(1, { device: "cuda" }).item() === after);
			torch.cuda.manualSeed(5);
			show(() => same(layer(x)[0], first));
			// All or nothing of what the second layer sees.
			const none = new nn.RNN(3, 4, { numLayers: 2, dropout: 1 }).to("cuda");
			const given = x.clone().requiresGrad_();
			none(given)[0].sum().backward();
			show(() => [given.grad.abs().sum().item(), none.weightIhL1.grad.abs().sum().item()]);
			const stream = new torch.cuda.Stream();
			torch.manualSeed(5);
			const apart = torch.cuda.stream(stream, () => layer(x)[0]);
			const next = layer(x)[0];
			torch.cuda.synchronize();
			show(() => [same(apart, first), same(next, second)]);
		`);
		expect(lines).toEqual(["false,true", "true,true,true", "true", "true", "0,0", "true,true"]);
	});

	test("gradients a second time, of a changed result, and of gradients", () => {
		const { lines } = layers(`
			const { nn, autograd } = torch;
			const layer = new nn.GRU(2, 3, { numLayers: 2, bidirectional: true }).to("cuda").double();
			const x = torch.randn(3, 2, 2, { dtype: torch.float64 }).to("cuda").requiresGrad_();
			const loss = layer(x)[0].square().sum();
			const grads = () => autograd.grad(loss, [x, ...layer.parameters()], { retainGraph: true });
			const [once, twice] = [grads(), grads()];
			show(() => once.every((grad, i) => torch.equal(grad, twice[i])));
			show(() => { layer(x)[0].mul_(2).sum().backward(); });
			const second = (layer, x) => {
				const [dx, dw] = autograd.grad(layer(x)[0].square().sum(), [x, layer.weightHhL1Reverse], { createGraph: true });
				return autograd.grad(dx.square().sum().add(dw.square().sum()), [x, ...layer.parameters()]).map((grad) => grad.cpu());
			};
			const onHost = second(layer.clone().cpu(), x.detach().cpu().requiresGrad_());
			show(() => second(layer, x).every((grad, i) => torch.allclose(grad, onHost[i])));
			const dropped = new nn.LSTM(2, 2, { numLayers: 2, dropout: 0.5 }).to("cuda");
			const y = dropped(x.float())[0].sum();
			show(() => autograd.grad(y, [x], { createGraph: true }));
		`);
		expect(lines[0]).toBe("true");
		expect(lines[1]).toMatch(/modified by an in-place operation/);
		expect(lines[2]).toBe("true");
		expect(lines[3]).toMatch(
			/^\[LSTM\] a second derivative cannot go through dropout that cuDNN drew: set dropout to 0/,
		);
	});

	test("captured: masks advance from replay to replay as they do without a graph", () => {
		const { lines } = layers(`
			const { nn, optim } = torch;
			const steps = (captured) => {
				torch.manualSeed(2);
				const model = new nn.LSTM(3, 4, { numLayers: 2, dropout: 0.4 }).to("cuda");
				const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
				const x = torch.randn(5, 2, 3).to("cuda");
				const step = (x) => {
					const loss = model(x)[0].square().mean();
					optimizer.zeroGrad();
					loss.backward();
					optimizer.step();
					return loss;
				};
				const run = captured ? torch.cuda.graph(step) : step;
				return Array.from({ length: 7 }, () => run(x).item());
			};
			const plain = steps(false);
			show(() => new Set(plain).size);
			show(() => String(steps(true)) === String(plain));
			const fresh = new nn.LSTM(3, 4, { numLayers: 2, dropout: 0.4 }).to("cuda");
			torch.manualSeed(9);
			const graph = new torch.cuda.CUDAGraph();
			show(() => torch.cuda.graph(graph, () => { fresh(torch.ones(2, 1, 3, { device: "cuda" })); }));
		`);
		expect(lines.slice(0, 2)).toEqual(["7", "true"]);
		expect(lines[2]).toMatch(/dropout between recurrent layers that is used for the first time after a seed/);
	});
});
