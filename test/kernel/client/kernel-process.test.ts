import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { KernelGone } from "../../../dist/kernel/runner/client";
import { KernelProcess } from "../../../dist/kernel/runner/process";
import { maxJsonBytes } from "../../../dist/kernel/wire/message";
import { standIn, startKernel, until } from "../support/kernel";

/** Ports that nobody listens on at this moment. */
async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from(
			{ length: count },
			() =>
				new Promise<import("node:net").Server>((resolve) => {
					const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
				}),
		),
	);
	const ports = servers.map((server) => (server.address() as { port: number }).port);
	await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	return ports;
}

async function overTcp() {
	const [shell_port, control_port, iopub_port, stdin_port, hb_port] = (await freePorts(5)) as [
		number,
		number,
		number,
		number,
		number,
	];
	return { transport: "tcp", ip: "127.0.0.1", shell_port, control_port, iopub_port, stdin_port, hb_port } as const;
}

describe("a kernel", () => {
	test("answers over TCP, and bytes that are not ZeroMQ's do not trouble it", async () => {
		const connection = await overTcp();
		const kernel = await startKernel({ connection });
		for (const port of [connection.shell_port, connection.iopub_port, connection.hb_port]) {
			await new Promise<void>((resolve) => {
				const socket = connect(port, "127.0.0.1", () => socket.end("GET / HTTP/1.1\r\n\r\n"));
				socket.on("close", () => resolve()).on("error", () => resolve());
				socket.resume();
			});
		}
		expect((await kernel.client.execute("1 + 1")).result).toEqual({ "text/plain": "2" });
		await kernel.client.ping();
	});

	test("takes unsigned messages with an empty key", async () => {
		const kernel = await startKernel({ connection: { key: "" } });
		expect((await kernel.client.execute("2")).result).toEqual({ "text/plain": "2" });
	});

	test("welcomes each front end that subscribes, with its topic", async () => {
		const kernel = await startKernel();
		kernel.client.subscribe("kernel.");
		const second = await kernel.message(({ content }) => content.subscription === "kernel.");
		expect(second.header.msg_type).toBe("iopub_welcome");
		expect(second.identities[0]!.toString()).toBe("kernel.");
		expect(second.parent).toEqual({});
	});

	test("leaves with status 0 at shutdown, also at restart and while a cell loops, and tells everybody", async () => {
		const idle = await startKernel();
		expect(await idle.stop()).toEqual({ code: 0, signal: null });
		expect(idle.seen.some(({ header, channel }) => channel === "iopub" && header.msg_type === "shutdown_reply")).toBe(
			true,
		);

		const restarted = await startKernel();
		const reply = await restarted.client.request("shutdown_request", { restart: true }, { channel: "control" }).reply();
		expect(reply.content).toEqual({ status: "ok", restart: true });
		expect(await restarted.exited).toEqual({ code: 0, signal: null });

		for (const code of ["for (;;) ;", "await null;\nfor (;;) ;"]) {
			const busy = await startKernel();
			const cell = busy.client.request("execute_request", { code: `console.log("on");\n${code}` });
			cell.reply().catch(() => {});
			await busy.message(({ content }) => content.text === "on\n");
			expect(await busy.stop()).toEqual({ code: 0, signal: null });
		}
	});

	test("leaves when the process that started it is gone", async () => {
		const folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
		const script = join(folder, "parent.cjs");
		writeFileSync(
			script,
			`const { KernelProcess } = require(${JSON.stringify(join(__dirname, "../../../dist/kernel/runner/process.js"))});
			KernelProcess.start({ main: ${JSON.stringify(standIn)} }).then((kernel) => console.log(kernel.child.pid));`,
		);
		const parent = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
		const pid = Number(await new Promise<string>((resolve) => parent.stdout.setEncoding("utf8").once("data", resolve)));
		const alive = () => {
			try {
				return process.kill(pid, 0);
			} catch {
				return false;
			}
		};
		expect(alive()).toBe(true);
		parent.kill("SIGKILL");
		while (alive()) await new Promise((resolve) => setTimeout(resolve, 50));
		rmSync(folder, { recursive: true });
	});

	test.each([
		["no file", "none.json", undefined, /none\.json: ENOENT/],
		["no JSON", "half.json", "{", /half\.json: /],
		[
			"a port that is text",
			"text.json",
			'{"transport":"tcp","ip":"127.0.0.1","shell_port":"x"}',
			/shell_port: expected a whole number/,
		],
	])("given %s says so and leaves with status 1", async (_, name, text, said) => {
		const folder = mkdtempSync(join(tmpdir(), "gradbook-test-"));
		if (text !== undefined) writeFileSync(join(folder, name), text);
		const child = spawn(process.execPath, [standIn, join(folder, name)], { stdio: ["ignore", "ignore", "pipe"] });
		let log = "";
		child.stderr.setEncoding("utf8").on("data", (part: string) => {
			log += part;
		});
		expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
		expect(log).toMatch(said);
		rmSync(folder, { recursive: true });
	});

	test("whose port is taken says which and leaves with status 1", async () => {
		const connection = await overTcp();
		const first = await startKernel({ connection });
		let log = "";
		const second = KernelProcess.start({
			main: standIn,
			log: (text) => {
				log += text;
			},
			connection: { ...connection, key: first.connection.key },
		});
		second.catch(() => {});
		while (!log.includes("cannot listen")) await new Promise((resolve) => setTimeout(resolve, 20));
		expect(log).toMatch(/cannot listen on tcp:\/\/127\.0\.0\.1:\d+ \(\w+\): Address already in use/);
	});
});

describe("messages that must not be acted on", () => {
	test("are dropped with a line in the log, one by one, and the kernel answers", async () => {
		const kernel = await startKernel();
		const { client } = kernel;
		const good = () => client.frames("execute_request", { code: "globalThis.acted = true", silent: true });
		const [delimiter, signature, ...parts] = good() as [Buffer, Buffer, ...Buffer[]];
		const send = async (frames: Buffer[], said: string) => {
			client.sendFrames("shell", frames);
			await kernel.log(said);
		};
		await send([delimiter, Buffer.alloc(64, "0"), ...parts], "the signature does not match");
		kernel.logged.length = 0;
		await send(
			[delimiter, signature, ...parts.slice(0, 3), Buffer.from('{"code": "globalThis.acted = true"}')],
			"the signature does not match",
		);
		await send([Buffer.from("nothing")], "no delimiter in 2 frames");
		await send([delimiter], "1 frames after the delimiter".replace("1", "0"));
		await send(client.frames("launch_request", {}), 'unknown type "launch_request"');
		kernel.client.sendFrames("control", client.frames("input_reply", { value: "x" }));
		await kernel.log('control: dropped a message of unknown type "input_reply"');
		kernel.client.sendFrames("stdin", client.frames("input_reply", { value: "x" }));
		await kernel.log("an input_reply that nothing waits for");
		kernel.client.sendFrames("stdin", client.frames("execute_request", { code: "globalThis.acted = true" }));
		await kernel.log("stdin: dropped execute_request");
		expect((await client.execute("typeof acted")).result).toEqual({ "text/plain": "'undefined'" });
	});

	test("are dropped when they are absurdly large", async () => {
		const kernel = await startKernel();
		kernel.client.sendFrames("shell", kernel.client.frames("execute_request", { code: "x".repeat(maxJsonBytes) }));
		await kernel.log("a JSON part of");
		expect((await kernel.client.execute("1")).result).toEqual({ "text/plain": "1" });
	});

	test("are dropped by the thousand, random and mutated, and the kernel stays up", async () => {
		const kernel = await startKernel();
		let state = 12345;
		const random = (below: number) => {
			state = (state * 1103515245 + 12345) % 2 ** 31;
			return state % below;
		};
		for (let i = 0; i < 1000; i++) {
			const frames = kernel.client.frames("execute_request", { code: "globalThis.acted = true", silent: true });
			const at = random(frames.length);
			const frame = Buffer.from(frames[at]!);
			switch (random(4)) {
				case 0:
					frame[random(frame.length)]! ^= 1 + random(255);
					frames[at] = frame;
					break;
				case 1:
					frames.splice(at, 1);
					break;
				case 2:
					frames[at] = frame.subarray(0, random(frame.length));
					break;
				default:
					frames.splice(
						0,
						frames.length,
						...Array.from({ length: 1 + random(8) }, () => Buffer.from([random(256), random(256)])),
					);
			}
			kernel.client.sendFrames(i % 2 === 0 ? "shell" : "control", frames);
		}
		expect((await kernel.client.execute("typeof acted")).result).toEqual({ "text/plain": "'undefined'" });
		await kernel.client.request("kernel_info_request", {}, { channel: "control" }).reply();
	});
});

describe("the client", () => {
	test("tells what is pending when the kernel dies, and cleans up behind it", async () => {
		const kernel = await startKernel();
		const cell = kernel.client.request("execute_request", { code: until("never") });
		await kernel.message(({ header }) => header.msg_type === "execute_input");
		kernel.kill();
		await expect(cell.reply()).rejects.toThrow(KernelGone);
		await expect(cell.reply()).rejects.toThrow(/SIGKILL/);
		await expect(kernel.client.execute("1")).rejects.toThrow(KernelGone);
		await kernel.exited;
		expect(existsSync(dirname(kernel.connection.ip))).toBe(false);
	});

	test("gives the messages of a request as they come", async () => {
		const kernel = await startKernel();
		const cell = kernel.client.request("execute_request", {
			code: `console.log("1");\n${until("more")}\nconsole.log("2")`,
		});
		const texts: unknown[] = [];
		for await (const { header, content } of cell) {
			if (header.msg_type !== "stream") continue;
			texts.push(content.text);
			kernel.release("more");
		}
		expect(texts).toEqual(["1\n", "2\n"]);
		expect(cell.finished).toBe(true);
	});
});
