import { setProgressReporter } from "../../engine/data/progress";
import { progressBar } from "../display";

// Downloads and conversions of the engine get a bar under the cell that waits for them.
setProgressReporter((task) => {
	const bar = progressBar(task);
	return { advance: (amount) => bar.advance(amount), end: () => bar.close() };
});
