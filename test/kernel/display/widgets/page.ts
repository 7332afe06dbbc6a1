import { type OutputTarget, type widgets, withOutput } from "gradbook/display";
import { receiveComm } from "../../../../dist/kernel/display/comm";
import { type CommPacket, setHost } from "../../../../dist/kernel/display/host";
import { Recorder } from "../../support/recorder";

/** A page with ipywidgets' front end, as far as messages go; and the kernel that a test is in. */
export class Page {
	/** Everything that it has got. */
	readonly packets: CommPacket[] = [];
	/** The output of the one cell. */
	readonly cell = new Recorder();
	/** What callbacks have thrown. */
	readonly errors: unknown[] = [];

	constructor() {
		setHost({
			stops: 0,
			onRunAgain: () => {},
			post: (packet) => void this.packets.push(structuredClone(packet)),
			callback: (output: OutputTarget, body) => {
				const failed = (error: unknown) => void this.errors.push(error);
				try {
					const result = withOutput(output, body);
					if (result instanceof Promise) result.catch(failed);
					return result;
				} catch (error) {
					const text = String(error);
					if (output.error !== undefined) output.error({ ename: "Error", evalue: text, traceback: [text] });
					failed(error);
					return undefined;
				}
			},
		});
	}

	/** Runs code as a cell. */
	run<T>(body: () => T): T {
		return withOutput(this.cell, body);
	}

	/** Messages of a widget since the last time. */
	take(model?: widgets.Model): CommPacket[] {
		const mine = this.packets.filter(({ id }) => model === undefined || id === model.modelId);
		for (const packet of mine) this.packets.splice(this.packets.indexOf(packet), 1);
		return mine;
	}

	/** Sends to a widget. */
	send(id: string, data: Record<string, unknown>, buffers: Uint8Array<ArrayBuffer>[] = []): void {
		receiveComm({ type: "comm_msg", id, data, metadata: {}, buffers });
	}

	/** Moves a control. */
	update(model: widgets.Model, state: Record<string, unknown>): void {
		this.send(model.modelId, { method: "update", state, buffer_paths: [] });
	}
}
