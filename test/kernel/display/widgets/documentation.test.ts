import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { startKernel } from "../../support/kernel";

/* The examples of docs/widgets.md, as cells of a kernel with its compiler. */

const text = readFileSync(resolve(__dirname, "../../../../docs/widgets.md"), "utf8");
const examples = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

test("every example runs, and shows a widget where it ends with one", async () => {
	expect(examples.length).toBe(6);
	const kernel = await startKernel({ main: undefined });
	const shown: string[] = [];
	for (const code of examples) {
		const { reply, outputs } = await kernel.client.execute(code);
		expect(reply.status, `${code}\n${JSON.stringify(reply)}`).toBe("ok");
		for (const { content } of outputs) {
			const data = content.data as Record<string, unknown> | undefined;
			if (data?.["application/vnd.jupyter.widget-view+json"]) shown.push(/^\w+/.exec(String(data["text/plain"]))![0]);
		}
	}
	expect(shown).toEqual(["VBox", "IntSlider", "Button", "Tab", "HBox"]);
	// A slider moved while a cell awaits is seen by the cell.
	const cell = kernel.client.request("execute_request", {
		code: "while (slider.value !== 9) await new Promise((go) => setImmediate(go));\nslider.modelId",
	});
	const opened = kernel.seen.filter(({ header, content }) => {
		const state = (content.data as { state?: { _model_name?: string; description?: string } } | undefined)?.state;
		return header.msg_type === "comm_open" && state?._model_name === "IntSliderModel" && state.description === "layers";
	});
	expect(opened).toHaveLength(1);
	await kernel.message(({ header, parent }) => header.msg_type === "execute_input" && parent.msg_id === cell.id);
	kernel.client.request("comm_msg", {
		comm_id: opened[0]!.content.comm_id,
		data: { method: "update", state: { value: 9 }, buffer_paths: [] },
	});
	expect((await cell.reply()).content.status).toBe("ok");
});
