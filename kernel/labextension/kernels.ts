import { growthTarget, receiveParts } from "./growth";

/* Browser code: JupyterLab's plugin that tells this project's kernels that figures may grow by parts here. */

interface Signal {
	connect(slot: () => void): unknown;
}

interface Comm {
	onMsg: (message: { content: { data: unknown } }) => void;
	open(): unknown;
}

/** What is needed of a kernel connection of @jupyterlab/services. */
interface Kernel {
	readonly status: string;
	readonly isDisposed: boolean;
	readonly info: Promise<{ implementation: string }>;
	hasComm(id: string): boolean;
	createComm(target: string, id: string): Comm;
	requestCommInfo(content: { target_name: string }): Promise<{ content: { comms?: Record<string, unknown> } }>;
}

/** What is needed of the session context of a notebook or console. */
interface SessionContext {
	readonly session: { readonly kernel: Kernel | null } | null;
	readonly kernelChanged: Signal;
	readonly statusChanged: Signal;
}

interface Panel {
	readonly sessionContext: SessionContext;
}

interface Tracker {
	forEach(body: (panel: Panel) => void): void;
	readonly widgetAdded: { connect(slot: (sender: unknown, panel: Panel) => void): unknown };
}

/** Kernels that are being asked, and those of others. */
const settled = new WeakSet<Kernel>();

/** The plugin; `trackers` are JupyterLab's tokens for what lists the open notebooks and consoles. */
export function makePlugin(trackers: readonly unknown[]): object {
	return {
		id: "gradbook-plotly:growing-figures",
		description: "Lets figures grow by the points that are added, without being sent anew.",
		autoStart: true,
		optional: trackers,
		activate: (_app: unknown, ...given: (Tracker | null)[]) => {
			for (const tracker of given) {
				tracker?.forEach(follow);
				tracker?.widgetAdded.connect((_, panel) => follow(panel));
			}
		},
	};
}

function follow({ sessionContext }: Panel): void {
	const meet = () => {
		const kernel = sessionContext.session?.kernel;
		if (kernel && isAlive(kernel)) void listen(kernel);
	};
	sessionContext.kernelChanged.connect(meet);
	// A kernel that has been restarted knows nothing of earlier comms, and neither does its connection.
	sessionContext.statusChanged.connect(meet);
	meet();
}

async function listen(kernel: Kernel): Promise<void> {
	if (settled.has(kernel) || kernel.hasComm(growthTarget)) return;
	settled.add(kernel);
	try {
		if ((await kernel.info).implementation !== "gradbook") return;
		const { content } = await kernel.requestCommInfo({ target_name: growthTarget });
		const comm = kernel.createComm(growthTarget, growthTarget);
		comm.onMsg = (message) => receiveParts(message.content.data as Parameters<typeof receiveParts>[0]);
		// Another page, or this one before it was loaded again, may have opened it.
		if (content.comms?.[growthTarget] === undefined) comm.open();
		settled.delete(kernel);
	} catch (error) {
		settled.delete(kernel);
		// A kernel that ends leaves requests without an answer; its successor is asked when it is idle.
		if (isAlive(kernel)) throw error;
	}
}

function isAlive(kernel: Kernel): boolean {
	return !kernel.isDisposed && (kernel.status === "idle" || kernel.status === "busy");
}
