import { type Comm, setTarget } from "../comm";
import { shared } from "../shared";
import { separateBuffers } from "./buffers";

/*
 * The widgets that pages know. They stay here until they are closed, whoever else still holds them: a slider on a page
 * works also when no variable of the notebook names it.
 */

/** Versions of the protocol that widgets speak. */
export const widgetProtocol = "2.1.0";
const controlProtocolMajor = "1";

/** A widget as a page that comes late asks for it. */
export interface Registered {
	readonly modelId: string;
	modelState(): Record<string, unknown>;
	close(): void;
}

const open = shared("widgets", () => new Map<string, Registered>());

export function register(model: Registered): void {
	open.set(model.modelId, model);
}

export function unregister(model: Registered): void {
	open.delete(model.modelId);
}

export function findModel(id: string): Registered | undefined {
	return open.get(id);
}

/** How many widgets pages know. */
export function openWidgets(): number {
	return open.size;
}

/** Closes every widget, on the pages too. */
export function closeAllWidgets(): void {
	for (const model of [...open.values()]) model.close();
}

// A page that is opened or loaded again asks here for everything at once.
setTarget("jupyter.widget.control", (comm: Comm, { metadata }) => {
	const version = String(metadata.version ?? "");
	if (version.split(".")[0] !== controlProtocolMajor) {
		comm.close();
		throw new Error(`[widgets] the page speaks version "${version}" of the control protocol, expected 1`);
	}
	comm.onMessageDirectly(({ data }) => {
		if (data.method !== "request_states") throw new Error(`[widgets] unknown method ${JSON.stringify(data.method)}`);
		const states: Record<string, unknown> = {};
		for (const [id, model] of open) {
			const state = model.modelState();
			states[id] = {
				model_name: state._model_name,
				model_module: state._model_module,
				model_module_version: state._model_module_version,
				state,
			};
		}
		const { state, paths, buffers } = separateBuffers(states);
		comm.send({ method: "update_states", states: state, buffer_paths: paths }, { buffers });
	});
});
