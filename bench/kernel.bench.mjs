// How long a reader waits for the kernel itself, measured by a client over ZeroMQ.
import { KernelProcess } from "../dist/kernel/runner/process.js";
import { quantile, timeEach } from "./statistics.mjs";

export const title = "the kernel, from a client's request to reply and idle";

export async function run() {
	const starts = await timeEach(7, async () => {
		const kernel = await KernelProcess.start();
		await kernel.client.execute("1 + 1");
		starting.push(kernel);
	});
	for (const kernel of starting.splice(0)) await kernel.stop();

	const kernel = await KernelProcess.start();
	try {
		const cell = (code) => async () => {
			const { reply } = await kernel.client.execute(code);
			if (reply.status !== "ok") throw new Error(`${code}: ${JSON.stringify(reply)}`);
		};
		await timeEach(10, cell("1 + 1"));
		const trivial = await timeEach(200, cell("1 + 1"));
		await cell("const words = ['a', 'b']; const numbers = new Map<string, number>();")();
		const declaring = await timeEach(100, (i) => cell(`const value${i} = numbers.size + ${i}`)());
		const complete = () => kernel.client.request("complete_request", { code: "numbers.", cursor_pos: 8 }).reply();
		await timeEach(3, complete);
		const completion = await timeEach(50, complete);
		return [
			{
				what: "cold start to the first cell's end, median of 7",
				value: quantile(starts, 0.5),
				unit: "ms",
				bound: 1500,
			},
			{ what: "cell `1 + 1`, median of 200", value: quantile(trivial, 0.5), unit: "ms", bound: 60 },
			{ what: "cell `1 + 1`, 99th percentile", value: quantile(trivial, 0.99), unit: "ms" },
			{ what: "cell that declares, median of 100", value: quantile(declaring, 0.5), unit: "ms" },
			{ what: "completion of a Map's members, median of 50", value: quantile(completion, 0.5), unit: "ms" },
			{ what: "completion, 99th percentile", value: quantile(completion, 0.99), unit: "ms" },
		];
	} finally {
		await kernel.stop();
	}
}

/** Kernels that have been started for the cold start: stopped outside what is timed. */
const starting = [];
