import { expect, test } from "vitest";
import type { Received } from "../../../dist/kernel/runner/client";
import { startKernel, wholeKernel } from "../support/kernel";

const steps = 10_000;
const cell = `
const curves = liveCurve({ points: ${2 * steps} });
for (let step = 0; step < ${steps}; step++) {
	const end = performance.now() + 0.2;
	while (performance.now() < end);
	curves.add(step, { loss: Math.sin(step) });
}`;

test("a curve of 10,000 points: a page that puts parts together gets each about once, in order", async () => {
	const kernel = await startKernel({ main: wholeKernel });
	await kernel.client.execute('import { liveCurve } from "gradbook/display";');
	const content = { comm_id: "gradbook.figures", target_name: "gradbook.figures", data: {} };
	for await (const _ of kernel.client.request("comm_open", content));
	const run = kernel.client.request("execute_request", { code: cell });
	await run.reply();

	const sent = run.messages.filter(({ header }) => /comm_msg|display_data/.test(header.msg_type));
	const size = (messages: readonly Received[]) => JSON.stringify(messages.map((message) => message.content)).length;
	const wholes = sent.filter(({ header }) => header.msg_type !== "comm_msg");
	const parts = sent.filter(({ header }) => header.msg_type === "comm_msg");
	expect(parts.length).toBeGreaterThan(0);
	// A point is about 15 bytes: the last state once, the parts once, the doublings before it once more.
	expect(size(parts)).toBeLessThan(20 * steps);
	expect(size(wholes)).toBeLessThan(3 * 20 * steps);

	// Put together, they are the last state.
	const x: number[] = [];
	let whole = 0;
	for (const { header, content } of sent.slice(0, -2)) {
		if (header.msg_type !== "comm_msg") {
			const { data } = (content.data as Record<string, { data: { x: number[] }[] }>)["application/vnd.plotly.v1+json"]!;
			x.splice(0, x.length, ...(data[0]?.x ?? []));
			whole = x.length;
		} else {
			for (const part of (content.data as { parts: { from: number; x: number[] }[] }).parts) {
				expect(part.from).toBe(x.length);
				x.push(...part.x);
			}
			// Whoever has the last whole picture alone has half of the points.
			expect(x.length).toBeLessThan(2 * whole);
		}
	}
	expect(x).toEqual(Array.from(x, (_, step) => step));
	expect(sent.at(-1)!.content.data).toMatchObject({ ended: true });
	const last = sent.at(-2)!.content;
	expect(last.metadata).toEqual({});
	expect(Object.keys(last.data as object)).toContain("text/html");
	const { data: lines } = (last.data as Record<string, { data: { x: number[] }[] }>)["application/vnd.plotly.v1+json"]!;
	expect(lines[0]!.x.slice(0, x.length)).toEqual(x);
	expect(lines[0]!.x).toHaveLength(steps);
});
