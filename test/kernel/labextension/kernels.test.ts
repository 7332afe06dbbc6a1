import { expect, test } from "vitest";
import { makePlugin } from "../../../dist/kernel/labextension/kernels";

/* The plugin's half of the greeting, against sessions as @jupyterlab/services has them. */

class Signal {
	readonly #slots: (() => void)[] = [];
	connect(slot: () => void): void {
		this.#slots.push(slot);
	}
	emit(): void {
		for (const slot of this.#slots) slot();
	}
}

class Kernel {
	status = "idle";
	isDisposed = false;
	readonly info: Promise<{ implementation: string }>;
	/** What was done, in order. */
	readonly calls: string[] = [];
	comms = new Map<string, unknown>();
	constructor(
		implementation: string,
		private readonly openComms: Record<string, unknown> = {},
	) {
		this.info = Promise.resolve({ implementation });
	}
	hasComm(id: string): boolean {
		return this.comms.has(id);
	}
	createComm(target: string, id: string): object {
		this.calls.push(`create ${target} ${id}`);
		const comm = { onMsg: undefined, open: () => this.calls.push("open") };
		this.comms.set(id, comm);
		return comm;
	}
	async requestCommInfo(content: object): Promise<object> {
		this.calls.push(`info ${JSON.stringify(content)}`);
		return { content: { status: "ok", comms: this.openComms } };
	}
}

function panelOf(kernel: Kernel | null) {
	const sessionContext = {
		session: { kernel: kernel as Kernel | null },
		kernelChanged: new Signal(),
		statusChanged: new Signal(),
	};
	return { sessionContext };
}

type Panel = ReturnType<typeof panelOf>;

/** Activates the plugin in a page with these notebooks; no console is open. */
function activate(...panels: Panel[]): (panel: Panel) => void {
	let added: (sender: unknown, panel: Panel) => void = () => {};
	const tracker = {
		forEach: (body: (panel: Panel) => void) => panels.forEach(body),
		widgetAdded: {
			connect(slot: typeof added) {
				added = slot;
			},
		},
	};
	const plugin = makePlugin(["notebooks", "consoles"]) as {
		optional: string[];
		activate(app: object, ...trackers: unknown[]): void;
	};
	expect(plugin.optional).toEqual(["notebooks", "consoles"]);
	plugin.activate({}, tracker, null);
	return (panel) => added(undefined, panel);
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const greeting = ['info {"target_name":"gradbook.figures"}', "create gradbook.figures gradbook.figures", "open"];

test("kernels of this project are greeted, once each, those of others left alone", async () => {
	const [first, second, other] = [new Kernel("gradbook"), new Kernel("gradbook"), new Kernel("ipython")];
	const panel = panelOf(first);
	const add = activate(panel);
	for (const one of [second, other, null]) add(panelOf(one === null ? null : one));
	panel.sessionContext.statusChanged.emit();
	await settle();
	panel.sessionContext.statusChanged.emit();
	await settle();
	expect(first.calls).toEqual(greeting);
	expect(second.calls).toEqual(greeting);
	expect(other.calls).toEqual([]);
});

test("what another page has opened is listened to", async () => {
	const kernel = new Kernel("gradbook", { "gradbook.figures": { target_name: "gradbook.figures" } });
	activate(panelOf(kernel));
	await settle();
	expect(kernel.calls).toEqual(greeting.slice(0, 2));
});

test("a kernel is greeted again when it was restarted, and another one in its place", async () => {
	const kernel = new Kernel("gradbook");
	const panel = panelOf(kernel);
	activate(panel);
	await settle();
	kernel.comms.clear();
	kernel.status = "restarting";
	panel.sessionContext.statusChanged.emit();
	await settle();
	expect(kernel.calls.length).toBe(3);
	kernel.status = "idle";
	panel.sessionContext.statusChanged.emit();
	await settle();
	expect(kernel.calls).toEqual([...greeting, ...greeting]);
	const next = new Kernel("gradbook");
	panel.sessionContext.session.kernel = next;
	panel.sessionContext.kernelChanged.emit();
	await settle();
	expect(next.calls).toEqual(greeting);
});
