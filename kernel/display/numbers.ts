/** A number in few characters: whole numbers in full, others to `digits` significant digits, without trailing zeros. */
export function formatNumber(value: number, digits = 4): string {
	if (!Number.isFinite(value)) return String(value);
	if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? "0" : String(value);
	const size = Math.abs(value);
	// Up to 1e6 the digits before the point are all shown: 123456.7 is not 1.235e+5.
	if (size >= 1e-4 && size < 1e6)
		return String(Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size))))));
	return value.toExponential(digits - 1).replace(/\.?0+e/, "e");
}

/** A count with its thousands apart: 266,610. */
export function formatCount(value: number): string {
	return value.toLocaleString("en-US");
}

/** A duration: 8 ms, 3.1 s, 2:05 min, 1:02:05 h. */
export function formatSeconds(seconds: number): string {
	if (!Number.isFinite(seconds)) return "?";
	if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
	if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
	const whole = Math.round(seconds);
	const two = (value: number) => String(value).padStart(2, "0");
	if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
	return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)} h`;
}

/** A size in memory: 512 B, 1.0 MB (binary multiples, as PyTorch's summaries count). */
export function formatBytes(bytes: number): string {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let unit = 0;
	let size = bytes;
	while (size >= 1024 && unit < units.length - 1) {
		size /= 1024;
		unit++;
	}
	return unit === 0 ? `${bytes} B` : `${size.toFixed(1)} ${units[unit]}`;
}
