import type { Json } from "../display/mime";
import type { Bundle, CellOutput } from "./notebook";

/** What is needed of a message that a kernel publishes. */
export interface Published {
	header: { msg_type: string };
	content: Record<string, unknown>;
}

type Shown = Extract<CellOutput, { data: Bundle }>;

/**
 * The outputs of a notebook's cells as a front end keeps them: streams merged, displays updated wherever they were shown,
 * cleared when asked.
 */
export class NotebookOutputs {
	/** Outputs by their display id; one id may be shown in several places. */
	readonly #displays = new Map<string, Shown[]>();
	readonly #clearNext = new Set<CellOutput[]>();

	/** Applies a message to the outputs of the cell that it belongs to. */
	apply(outputs: CellOutput[], { header, content }: Published): void {
		switch (header.msg_type) {
			case "stream": {
				this.#clearIfAsked(outputs);
				const { name, text } = content as { name: "stdout" | "stderr"; text: string };
				const last = outputs.at(-1);
				if (last?.output_type === "stream" && last.name === name) last.text += text;
				else outputs.push({ output_type: "stream", name, text });
				break;
			}
			case "display_data": {
				const output: Shown = { output_type: "display_data", data: dataOf(content), metadata: metadataOf(content) };
				this.#add(outputs, output, content);
				break;
			}
			case "execute_result": {
				const count = content.execution_count as number;
				const common = { data: dataOf(content), metadata: metadataOf(content) };
				this.#add(outputs, { output_type: "execute_result", ...common, execution_count: count }, content);
				break;
			}
			case "update_display_data":
				for (const output of this.#displays.get(idOf(content) ?? "") ?? []) {
					output.data = dataOf(content);
					output.metadata = metadataOf(content);
				}
				break;
			case "error": {
				this.#clearIfAsked(outputs);
				const { ename, evalue, traceback } = content as { ename: string; evalue: string; traceback: string[] };
				outputs.push({ output_type: "error", ename, evalue, traceback });
				break;
			}
			case "clear_output":
				if (content.wait === true) this.#clearNext.add(outputs);
				else this.#clear(outputs);
		}
	}

	#add(outputs: CellOutput[], output: Shown, content: Record<string, unknown>): void {
		this.#clearIfAsked(outputs);
		outputs.push(output);
		const id = idOf(content);
		if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), output]);
	}

	#clearIfAsked(outputs: CellOutput[]): void {
		if (this.#clearNext.has(outputs)) this.#clear(outputs);
	}

	#clear(outputs: CellOutput[]): void {
		this.#clearNext.delete(outputs);
		outputs.length = 0;
	}
}

function dataOf(content: Record<string, unknown>): Bundle {
	return { ...(content.data as Bundle) };
}

function metadataOf(content: Record<string, unknown>): Record<string, Json> {
	return { ...((content.metadata as Record<string, Json> | undefined) ?? {}) };
}

function idOf(content: Record<string, unknown>): string | undefined {
	return (content.transient as { display_id?: string } | undefined)?.display_id;
}
