/* `torch.profiler`: where time and memory go. */

export { EventList, type KeyAveragesOptions } from "./eventList";
export type { EventKind, FunctionEvent, FunctionEventAvg, InputShapes, Interval, Kernel, Times } from "./events";
export {
	Profile,
	type ProfileFunction,
	type ProfileOptions,
	ProfilerActivity,
	profile,
	supportedActivities,
} from "./profile";
export { recordFunction } from "./recordFunction";
export { ProfilerAction, type Schedule, type ScheduleOptions, schedule } from "./schedule";
export type { SortKey, TableOptions } from "./table";
export { tensorboardTraceHandler } from "./traceHandler";
