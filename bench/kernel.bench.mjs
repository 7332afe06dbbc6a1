// How long a reader waits for the kernel itself, measured by a client over ZeroMQ; beside it, with the same client, ipykernel
// (GRADBOOK_PYTHON names a Python that has it) and tslab.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { KernelProcess } from "../dist/kernel/runner/process.js";
import { quantile, timeEach } from "./statistics.mjs";

export const title = "the kernel, from a client's request to reply and idle";

const require = createRequire(import.meta.url);
const ours = {
	name: "gradbook",
	print: 'for (let i = 0; i < 100000; i++) console.log("line " + i)',
	members: ["const words = new Map<string, number>();", "words."],
};

function peers() {
	const python = process.env.GRADBOOK_PYTHON;
	const found = [];
	if (python && spawnSync(python, ["-c", "import ipykernel"]).status === 0) {
		found.push({
			name: "ipykernel",
			command: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
			print: 'for i in range(100000): print("line", i)',
			members: ["words = {}", "words."],
		});
	}
	const tslab = require.resolve("tslab/package.json").replace(/package\.json$/, "bin/tslab");
	found.push({
		name: "tslab",
		command: [process.execPath, tslab, "kernel", "--config-path={connection_file}"],
		members: ["const words = new Map<string, number>();", "words."],
	});
	return found;
}

async function start({ command }) {
	if (command === undefined) return KernelProcess.start();
	const servers = await Promise.all(
		Array.from(
			{ length: 5 },
			() =>
				new Promise((resolve) => {
					const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
				}),
		),
	);
	const [shell_port, control_port, iopub_port, stdin_port, hb_port] = servers.map((server) => server.address().port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	const connection = { transport: "tcp", ip: "127.0.0.1", shell_port, control_port, iopub_port, stdin_port, hb_port };
	return KernelProcess.start({ command, connection, log: () => {} });
}

const answerMs = 30_000;
/** How long after the reply `idle` may come. */
const idleMs = 2000;
const lookMs = 50;

/** A message of the kernel's that was to come is not coming. */
class Lost extends Error {}

/**
 * Waits until a request is answered: reply and `idle`. tslab sends from several places at once over one socket of ZeroMQ, which
 * refuses the second (EBUSY), and now and then loses the `idle`: then `Lost` is thrown.
 */
async function answered(pending) {
	let waited = 0;
	let sinceReply = 0;
	const clock = setInterval(() => {
		waited += lookMs;
		if (pending.messages.some(({ channel }) => channel === "shell")) sinceReply += lookMs;
		if (waited > answerMs || sinceReply > idleMs) pending.fail(new Lost("no answer"));
	}, lookMs);
	try {
		return await pending.reply();
	} finally {
		clearInterval(clock);
	}
}

/** Times of `count` calls; those that lose a message are left out, and counted in `losses`. */
async function timeAnswers(count, call, losses) {
	const samples = [];
	for (let tries = 0; samples.length < count; tries++) {
		if (tries === 2 * count) throw new Error(`only ${samples.length} of ${tries} requests were answered whole`);
		try {
			samples.push(...(await timeEach(1, () => call(tries))));
		} catch (error) {
			if (!(error instanceof Lost)) throw error;
			losses.count++;
		}
	}
	return samples;
}

/** Of a peer that stops answering what was measured until then. */
async function measurePeer(peer) {
	const result = {};
	try {
		await measure(peer, result);
	} catch (error) {
		console.log(`  ${peer.name}: ${error.message}; the rest is not measured`);
	}
	return result;
}

async function measure(kernel, result = {}) {
	const started = [];
	const losses = { count: 0 };
	const execute = (one, code) => answered(one.client.request("execute_request", { code }));
	const starts = await timeAnswers(
		5,
		async () => {
			const one = await start(kernel);
			started.push(one);
			await execute(one, "1 + 1");
		},
		losses,
	);
	result.start = quantile(starts, 0.5);
	const running = started.pop();
	for (const one of started) {
		one.kill();
		await one.exited;
	}
	try {
		const run = async (code) => {
			const { content } = await execute(running, code);
			if (content.status !== "ok") throw new Error(`${kernel.name}: ${code}: ${JSON.stringify(content)}`);
		};
		await timeAnswers(10, () => run("1 + 1"), losses);
		const trivial = await timeAnswers(200, () => run("1 + 1"), losses);
		result.trivial = quantile(trivial, 0.5);
		result.trivial99 = quantile(trivial, 0.99);
		await timeAnswers(1, () => run(kernel.members[0]), losses);
		const [code, cursor_pos] = [kernel.members[1], kernel.members[1].length];
		const complete = () => answered(running.client.request("complete_request", { code, cursor_pos }));
		await timeAnswers(3, complete, losses);
		result.completion = quantile(await timeAnswers(50, complete, losses), 0.5);
		if (kernel.print !== undefined) {
			const printing = await timeEach(3, async () => {
				const { stdout } = await running.client.execute(kernel.print);
				if (stdout.split("\n").length !== 100_001) throw new Error(`${kernel.name}: lines are missing`);
			});
			result.print = quantile(printing, 0.5);
		}
		if (losses.count > 0) console.log(`  ${kernel.name}: ${losses.count} requests never became idle and are left out`);
		if (kernel === ours) await measureEngine(running, run, result);
	} finally {
		running.kill();
		await running.exited;
	}
	return result;
}

async function measureEngine(_running, run, result) {
	await run("const numbers = new Map<string, number>();");
	result.declaring = quantile(await timeEach(100, (i) => run(`const value${i} = numbers.size + ${i}`)), 0.5);
	const imports = await timeEach(3, async () => {
		const fresh = await start(ours);
		await fresh.client.execute("1");
		const begin = performance.now();
		await fresh.client.execute('import * as torch from "gradbook"; torch.ones(2)');
		importing.push(performance.now() - begin);
		await fresh.stop();
	});
	result.engineImport = imports.length === 0 ? Number.NaN : quantile(importing.splice(0), 0.5);
	await run('import * as torch from "gradbook"; torch.ones(2)');
	await timeEach(5, () => run("torch.ones(2).sum().item()"));
	result.withEngine = quantile(await timeEach(100, () => run("torch.ones(2).sum().item()")), 0.5);
}

const importing = [];

export async function run() {
	const own = await measure(ours);
	const others = [];
	for (const peer of peers()) others.push({ name: peer.name, result: await measurePeer(peer) });
	const rows = [];
	const row = (what, key, bound) => {
		const measured = others.filter(({ result }) => result[key] !== undefined);
		const [first, ...rest] = measured.map(({ name, result }) => ({ name, value: result[key] }));
		rows.push({ what, value: own[key], unit: "ms", bound, peer: first });
		for (const peer of rest) rows.push({ what: "", value: own[key], unit: "ms", peer });
	};
	row("cold start to the first cell's end, median of 5", "start", 700);
	row("cell `1 + 1`, median of 200", "trivial", 20);
	row("cell `1 + 1`, 99th percentile", "trivial99", 50);
	row("cell that declares, median of 100", "declaring");
	row("the engine's first import, median of 3", "engineImport", 150);
	row("cell with the engine imported, median of 100", "withEngine", 30);
	row("completion of a map's members, median of 50", "completion", 40);
	row("100,000 printed lines, median of 3", "print", 2000);
	return rows;
}
