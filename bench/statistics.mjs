/** The value below which the share `q` of the samples lies; q = 0.5 is the median. */
export function quantile(samples, q) {
	const sorted = [...samples].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** Milliseconds that each of `count` calls takes, one after the other. */
export async function timeEach(count, call) {
	const samples = [];
	for (let i = 0; i < count; i++) {
		const start = performance.now();
		await call(i);
		samples.push(performance.now() - start);
	}
	return samples;
}
