import { Figure, type Layout, type LooseBundle, registerRenderer, type Trace, table } from "../display";
import { seriesColour } from "../display/theme";
import type { ParamGroupLike } from "./engine";
import { kindOf } from "./quiet";
import { rehearse } from "./rehearse";

/** What the views need of a learning-rate scheduler. */
export interface SchedulerLike {
	readonly optimizer: { readonly paramGroups: ParamGroupLike[] };
	readonly lastEpoch: number;
	step(metric?: any): unknown;
	getLastLr(): number[];
}

export interface LearningRatePlotOptions {
	/**
	 * How many epochs (or steps) are drawn, from where the schedule stands. Default: as long as it says itself (TMax,
	 * totalSteps, its last milestone, …), else 100; of several schedules the longest of those that say so.
	 */
	epochs?: number;
	/** Heading. Default: the schedule's class. */
	title?: string;
	/** What is counted. Default "epoch", and "step" for OneCycleLR and CyclicLR, which step after every batch. */
	x?: string;
	/** Logarithmic axis for the learning rate. Default false. */
	logY?: boolean;
	/** What ReduceLROnPlateau is told at each epoch: `(epoch) => loss`. Needed by it alone. */
	metric?: (epoch: number) => number;
}

export function isScheduler(value: unknown): value is SchedulerLike {
	if (typeof value !== "object" || value === null) return false;
	const { optimizer, lastEpoch, step, getLastLr } = value as Partial<SchedulerLike>;
	return (
		Array.isArray(optimizer?.paramGroups) &&
		typeof lastEpoch === "number" &&
		typeof step === "function" &&
		typeof getLastLr === "function"
	);
}

registerRenderer(isScheduler, schedulerBundle);

/** The plot; of a schedule that waits for a metric, its settings. */
function schedulerBundle(scheduler: SchedulerLike): LooseBundle {
	if (!waits(scheduler)) return learningRatePlot(scheduler).bundle();
	const { optimizer, ...settings } = scheduler as SchedulerLike & Record<string, unknown>;
	const rows = Object.entries(settings)
		.filter(([name, value]) => !name.startsWith("_") && typeof value !== "function")
		.map(([setting, value]) => ({ setting, value }));
	const lr = optimizer.paramGroups.map((group) => group.lr).join(", ");
	return table([{ setting: "learning rate now", value: lr }, ...rows], { caption: kindOf(scheduler) }).bundle();
}

/**
 * The learning rate of a schedule over its epochs, and of those that move it the momentum (or first beta) beside it.
 * Several schedules, given by name or as an array, are compared in one picture. The schedule is walked through and put
 * back: neither it nor its optimiser is changed.
 *
 * @example learningRatePlot({ cosine, "one cycle": oneCycle }, { epochs: 50 })
 */
export function learningRatePlot(
	schedulers: SchedulerLike | readonly SchedulerLike[] | Readonly<Record<string, SchedulerLike>>,
	options: LearningRatePlotOptions = {},
): Figure {
	const named = namedSchedulers(schedulers);
	const epochs = options.epochs ?? lengthOfAll(named.map(([, scheduler]) => scheduler));
	if (!(Number.isInteger(epochs) && epochs > 0)) {
		throw new RangeError(`[learningRatePlot] epochs: ${epochs}, expected a whole number of at least 1`);
	}
	const alone = named.length === 1;
	const courses = named.flatMap(([name, scheduler], i) =>
		coursesOf(name, scheduler, endOf(scheduler, epochs, options.epochs !== undefined), options).map((course) => ({
			...course,
			scheduler: i,
		})),
	);
	// A momentum that stands still says nothing beside one that moves.
	const moves = courses.some(movesMomentum);
	const several = courses.length > 1;
	const line = ({ name, x }: Course, index: number, y: number[], panel: "" | "2"): Trace => ({
		type: "scatter",
		mode: y.length > 1 ? "lines" : "markers",
		name: several ? name : panel === "2" ? "momentum" : "learning rate",
		...(several ? { legendgroup: name } : {}),
		x,
		y,
		...(panel === "2" ? { xaxis: "x2", yaxis: "y2", showlegend: false } : {}),
		line: { color: seriesColour(index), width: 2, dash: dashes[Math.floor(index / 7) % dashes.length] },
	});
	const traces = courses.map((course, i) => line(course, i, course.lr, ""));
	for (const [i, course] of courses.entries()) {
		if (movesMomentum(course)) traces.push(line(course, i, course.momentum, "2"));
	}
	const perBatch = named.every(([, scheduler]) => /^(?:OneCycle|Cyclic)LR$/.test(kindOf(scheduler)));
	const x = { title: { text: options.x ?? (perBatch ? "step" : "epoch") } };
	const title = options.title ?? (alone ? named[0]![0] : "Learning rates");
	const layout: Partial<Layout> = {
		title: { text: title },
		height: 340,
		showlegend: several,
		xaxis: x,
		yaxis: { title: { text: "learning rate" }, ...(options.logY ? { type: "log" } : { rangemode: "tozero" }) },
		...(moves
			? {
					grid: { rows: 1, columns: 2, pattern: "independent" },
					xaxis2: x,
					yaxis2: { title: { text: "momentum" } },
				}
			: {}),
	};
	return new Figure(traces, layout);
}

const dashes = ["solid", "dash", "dot"] as const;

function namedSchedulers(given: unknown): [name: string, scheduler: SchedulerLike][] {
	if (isScheduler(given)) return [[kindOf(given), given]];
	const entries: [string, unknown][] = Array.isArray(given)
		? given.map((item, i) => [
				isScheduler(item) ? `${kindOf(item)}${repeated(given, item) ? ` ${i}` : ""}` : String(i),
				item,
			])
		: Object.entries((given ?? {}) as object);
	if (entries.length === 0) throw new TypeError("[learningRatePlot] expected a scheduler, or several by name");
	for (const [name, item] of entries) {
		if (!isScheduler(item)) throw new TypeError(`[learningRatePlot] "${name}" is no scheduler`);
	}
	return entries as [string, SchedulerLike][];
}

function repeated(all: readonly unknown[], one: object): boolean {
	return all.filter((item) => isScheduler(item) && kindOf(item) === kindOf(one)).length > 1;
}

interface Course {
	name: string;
	x: number[];
	lr: number[];
	momentum: number[];
}

function movesMomentum({ momentum }: Course): boolean {
	return new Set(momentum).size > 1;
}

/** Rates and momenta of each group; of one where all groups go the same way. */
function coursesOf(
	name: string,
	scheduler: SchedulerLike,
	epochs: number,
	{ metric }: LearningRatePlotOptions,
): Course[] {
	if (waits(scheduler) && metric === undefined) {
		throw new TypeError(
			`[learningRatePlot] ${kindOf(scheduler)} waits for a metric: give one as {metric: (epoch) => loss}`,
		);
	}
	const groups = scheduler.optimizer.paramGroups;
	const courses = groups.map((_, i): Course => {
		return { name: groups.length > 1 ? `${name}, group ${i}` : name, x: [], lr: [], momentum: [] };
	});
	const start = Math.max(0, scheduler.lastEpoch);
	rehearse(scheduler, () => {
		for (let epoch = 0; epoch < epochs; epoch++) {
			if (epoch > 0) {
				if (waits(scheduler)) scheduler.step(metric!(start + epoch - 1));
				else scheduler.step();
			}
			for (const [i, { x, lr, momentum }] of courses.entries()) {
				x.push(start + epoch);
				lr.push(groups[i]!.lr ?? Number.NaN);
				momentum.push(groups[i]!.momentum ?? groups[i]!.betas?.[0] ?? Number.NaN);
			}
		}
	});
	const same = courses.every(({ lr, momentum }) => `${lr};${momentum}` === `${courses[0]!.lr};${courses[0]!.momentum}`);
	return same ? [{ ...courses[0]!, name }] : courses;
}

/** ReduceLROnPlateau, whatever else it is called: it counts epochs without improvement. */
function waits(scheduler: SchedulerLike): boolean {
	return "patience" in scheduler && "numBadEpochs" in scheduler;
}

/** What schedules say of their length, by the names of PyTorch's options. */
interface Lengths {
	totalSteps?: number;
	TMax?: number;
	T0?: number;
	totalIters?: number;
	totalSize?: number;
	stepSize?: number;
	milestones?: readonly number[];
	_milestones?: readonly number[];
	_schedulers?: readonly SchedulerLike[];
}

/** Epochs after which a schedule has shown what it does; 100 where it does not say. */
function lengthOf(scheduler: SchedulerLike): number {
	return knownLength(scheduler) ?? defaultLength;
}

/** Of several the longest; those that could go on for ever, such as ExponentialLR, take the others' length. */
function lengthOfAll(schedulers: readonly SchedulerLike[]): number {
	const known = schedulers.flatMap((scheduler) => knownLength(scheduler) ?? []);
	return known.length > 0 ? Math.max(...known) : defaultLength;
}

const defaultLength = 100;

function knownLength(scheduler: SchedulerLike): number | undefined {
	const { totalSteps, TMax, T0, totalIters, totalSize, stepSize, milestones, _milestones, _schedulers } =
		scheduler as Lengths;
	if (_schedulers !== undefined) {
		const inner = _schedulers.map(lengthOf);
		return _milestones === undefined ? Math.max(...inner) : (_milestones.at(-1) ?? 0) + inner.at(-1)!;
	}
	if (totalSteps !== undefined) return Math.max(1, totalSteps - Math.max(0, scheduler.lastEpoch));
	if (TMax !== undefined) return TMax + 1;
	if (T0 !== undefined) return 3 * T0;
	if (totalIters !== undefined) return Math.ceil(1.25 * totalIters) + 1;
	if (totalSize !== undefined) return 3 * totalSize + 1;
	if (stepSize !== undefined) return 4 * stepSize;
	const last = Array.isArray(milestones) ? milestones.at(-1) : undefined;
	return last === undefined ? undefined : Math.ceil(1.25 * last) + 1;
}

/** A schedule of a fixed number of steps is drawn to its end and no further, unless more was asked for. */
function endOf(scheduler: SchedulerLike, epochs: number, asked: boolean): number {
	return !asked && (scheduler as Lengths).totalSteps !== undefined ? Math.min(epochs, lengthOf(scheduler)) : epochs;
}
