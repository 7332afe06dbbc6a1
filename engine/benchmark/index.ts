/* `torch.utils.benchmark`: how long a statement takes, and comparisons. */

export { Compare } from "./compare";
export { Measurement, selectUnit, type TaskSpec, type TimeUnit } from "./measurement";
export { type AutorangeOptions, Timer, type TimerOptions, timer } from "./timer";
