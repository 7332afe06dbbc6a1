// What live views cost a training loop: the share of its time that is spent in their calls, the last picture included. (The
// difference of two loops, with and without, is drowned by whatever else a machine does.) What a view shows is made into
// a message's JSON, as the kernel does; sending it is the transport thread's work. A curve is measured with a page that puts
// parts together, and with none.
import { createRequire } from "node:module";
import { quantile } from "./statistics.mjs";

const STEPS = 10_000;
const ROUNDS = 5;

export const title = `live views in a training loop of ${STEPS} steps of 784-100-100-10 with SGD, batch 32`;

export async function run() {
	const require = createRequire(import.meta.url);
	const torch = require("../dist/engine/index.js");
	const show = require("../dist/kernel/views/index.js");
	const { setHost } = require("../dist/kernel/display/host.js");
	const { receiveComm } = require("../dist/kernel/display/comm.js");
	const { nn, optim } = torch;
	torch.setNumThreads(1);
	torch.manualSeed(1);
	const model = new nn.Sequential(
		new nn.Linear(784, 100),
		new nn.ReLU(),
		new nn.Linear(100, 100),
		new nn.ReLU(),
		new nn.Linear(100, 10),
	);
	const lossFunction = new nn.CrossEntropyLoss();
	const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
	const x = torch.rand(32, 784);
	const y = torch.randint(0, 10, [32]);
	const step = () => {
		optimizer.zeroGrad();
		const loss = lossFunction(model(x), y);
		loss.backward();
		optimizer.step();
		return loss.item();
	};
	let pictures = 0;
	let bytes = 0;
	const send = (bundle) => {
		pictures++;
		bytes += JSON.stringify(bundle).length;
	};
	setHost({ stops: 0, callback: (_output, body) => body(), post: ({ data }) => send(data) });
	const growing = "gradbook.figures";
	const page = (type) => receiveComm({ type, id: growing, target: growing, data: {}, metadata: {}, buffers: [] });
	const output = { rich: true, stream() {}, clear() {}, display: send, update: (_id, bundle) => send(bundle) };

	const curve = () => {
		const curves = show.liveCurve();
		return { each: (i, loss) => curves.add(i, { loss, accuracy: 0.5 }), end: () => curves.finish() };
	};
	const kinds = {
		"liveCurve, a point of two curves each step": () => {
			page("comm_open");
			return curve();
		},
		"the same for a front end that takes whole pictures only": () => {
			page("comm_close");
			return curve();
		},
		"progress bar": () => {
			const bar = show.progressBar({ total: STEPS, label: "training" });
			return { each: () => bar.advance(1), end: () => bar.close() };
		},
	};

	/** Histograms work in hooks, which are timed where they are set. */
	const watch = (what) => (timed) => {
		const holders = [
			[nn.Module.prototype, "registerForwardHook"],
			[torch.Tensor.prototype, "registerHook"],
		];
		const own = holders.map(([holder, name]) => holder[name]);
		for (const [i, [holder, name]] of holders.entries()) {
			holder[name] = function (hook) {
				return own[i].call(this, (...given) => timed(() => hook(...given)));
			};
		}
		const seen = show[what](model);
		for (const [i, [holder, name]] of holders.entries()) holder[name] = own[i];
		return { each: () => {}, end: () => seen.remove() };
	};
	kinds["activation histograms of two layers"] = watch("activationHistograms");
	kinds["gradient histograms of three layers"] = watch("gradientHistograms");

	/** Share of one loop's time that its view took. */
	const loop = (views) =>
		show.withOutput(output, () => {
			const start = performance.now();
			let inside = 0;
			const timed = (call) => {
				const before = performance.now();
				const result = call();
				inside += performance.now() - before;
				return result;
			};
			const { each, end } = timed(() => views(timed));
			for (let i = 0; i < STEPS; i++) {
				const loss = step();
				timed(() => each(i, loss));
			}
			timed(end);
			return inside / (performance.now() - start);
		});

	return Object.entries(kinds).flatMap(([what, views]) => {
		loop(views);
		pictures = bytes = 0;
		const shares = Array.from({ length: ROUNDS }, () => loop(views));
		return [
			{ what: `${what}: share of the time`, value: 100 * quantile(shares, 0.5), unit: "%", bound: 2 },
			...(pictures === 0 ? [] : [{ what: "  pictures a loop", value: pictures / ROUNDS, unit: "" }]),
			...(pictures === 0 ? [] : [{ what: "  kB a loop", value: bytes / ROUNDS / 1000, unit: "kB" }]),
		];
	});
}
