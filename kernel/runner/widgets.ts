import { plotlyMimeType } from "../display/figure/figure";
import type { Json } from "../display/mime";
import { putBuffers, separateBuffers } from "../display/widgets/buffers";
import { stillHtml } from "../display/widgets/still";
import type { Bundle, CodeCell, Notebook } from "./notebook";

export const widgetViewType = "application/vnd.jupyter.widget-view+json";
/** Where notebooks keep the states of widgets; nbconvert and front ends without a kernel show them from there. */
const stateType = "application/vnd.jupyter.widget-state+json";

/** What is needed of a comm message that a kernel publishes. */
interface CommMessage {
	header: { msg_type: string };
	content: Record<string, unknown>;
	buffers: readonly Uint8Array[];
}

type State = Record<string, unknown>;
interface WidgetMetadata {
	[stateType]: { state: Record<string, { state: State }> };
}

/** The states of a notebook's widgets, followed through the messages that a page would get. */
export class WidgetStates {
	readonly #states = new Map<string, State>();

	/** Applies a message, if it is one of a widget. */
	apply({ header, content, buffers }: CommMessage): void {
		const id = content.comm_id as string;
		const data = (content.data ?? {}) as { method?: string; state?: State; buffer_paths?: unknown };
		if (header.msg_type === "comm_open" && content.target_name === "jupyter.widget") this.#states.set(id, {});
		const state = this.#states.get(id);
		if (state === undefined) return;
		if (header.msg_type === "comm_close") this.#states.delete(id);
		else if (header.msg_type === "comm_open" || data.method === "update") {
			const given = { ...data.state };
			putBuffers(
				given,
				data.buffer_paths,
				buffers.map((buffer) => new Uint8Array(buffer)),
			);
			Object.assign(state, given);
		}
	}

	/** Writes the last states into the notebook: as stills where widgets are shown, and as the metadata that other programs read. */
	writeTo(notebook: Notebook): void {
		if (this.#states.size === 0) return;
		notebook.metadata.widgets = this.#metadata();
		const outputs = notebook.cells.flatMap((cell) => (cell.cell_type === "code" ? (cell as CodeCell).outputs : []));
		for (const output of outputs) if ("data" in output) this.#renew(output.data);
	}

	#renew(bundle: Bundle): void {
		const id = (bundle[widgetViewType] as { model_id?: string } | undefined)?.model_id;
		if (id !== undefined && this.#states.has(id)) bundle["text/html"] = stillHtml(id, (one) => this.#states.get(one));
	}

	#metadata(): { [stateType]: Json } {
		const states = [...this.#states].map(([id, whole]) => {
			// A file is passed on; a password in it would be too.
			const written = whole._model_name === "PasswordModel" ? { ...whole, value: "" } : whole;
			const { state, paths, buffers } = separateBuffers(written);
			const encoded = buffers.map((bytes, i) => ({
				encoding: "base64",
				path: paths[i]!,
				data: Buffer.from(bytes).toString("base64"),
			}));
			return [
				id,
				{
					model_name: state._model_name,
					model_module: state._model_module,
					model_module_version: state._model_module_version,
					state,
					...(encoded.length > 0 ? { buffers: encoded } : {}),
				},
			];
		});
		return { [stateType]: { version_major: 2, version_minor: 0, state: Object.fromEntries(states) as Json } };
	}
}

/** The first figure that the widget `id` of a notebook that was run shows, itself or in its parts. */
export function figureOfWidget(notebook: Notebook, id: string): unknown {
	const states = (notebook.metadata.widgets as WidgetMetadata | undefined)?.[stateType].state ?? {};
	const seen = new Set<string>();
	const waiting = [id];
	while (waiting.length > 0) {
		const next = waiting.shift()!;
		const state = states[next]?.state;
		if (state === undefined || seen.has(next)) continue;
		seen.add(next);
		const outputs = (state.outputs ?? []) as { data?: Bundle }[];
		const figure = outputs.find(({ data }) => data?.[plotlyMimeType] !== undefined);
		if (figure !== undefined) return figure.data![plotlyMimeType];
		const children = (state.children ?? []) as unknown[];
		waiting.push(...children.map((child) => String(child).replace(/^IPY_MODEL_/, "")));
	}
	return undefined;
}
