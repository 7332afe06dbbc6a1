// The engine's functions on large tensors on a card, one after the other, beside PyTorch's on the same card: where is it slow? The
// best of three runs counts.
//
//   npm run bench -- surface            GRADBOOK_BENCH_ROWS='conv|pool' only those whose names fit
//
// GRADBOOK_BENCH_DEVICE=cpu measures the host instead, GRADBOOK_BENCH_TINY=1 sizes whose times say nothing.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as card from "./cuda.bench.mjs";

export const title = "functions on large tensors";

const {
	GRADBOOK_BENCH_DEVICE: device = "cuda",
	GRADBOOK_BENCH_ROWS: only = "",
	GRADBOOK_BENCH_TINY: tiny,
} = process.env;

export const unavailable = () => (device === "cuda" ? card.unavailable() : undefined);
export const about = (context) => (device === "cuda" ? card.about(context) : []);

function ours() {
	const script = fileURLToPath(new URL("./surface.mjs", import.meta.url));
	const given = ["--expose-gc", script, tiny === "1" ? "tiny" : "full", device, only];
	const answer = spawnSync(process.execPath, given, { encoding: "utf8", maxBuffer: 2 ** 26 });
	if (answer.status !== 0) throw new Error(`bench/surface.mjs failed:\n${answer.stderr}`);
	return JSON.parse(answer.stdout);
}

/** The slowest beside PyTorch first. */
export function run({ torch: peer }) {
	const found = ours();
	const theirs = tiny === "1" ? undefined : peer("surface.py", device, only);
	const table = Object.entries(found).flatMap(([what, value]) => {
		if (value.error) {
			console.error(`bench: ${what}: ${value.error}`);
			process.exitCode = 1;
			return [];
		}
		const other = theirs?.[what];
		if (other?.error) console.error(`bench: ${what}: PyTorch: ${other.error}`);
		return [{ what, value, unit: "µs", ...(typeof other === "number" && { peer: { name: "PyTorch", value: other } }) }];
	});
	const ratio = (row) => (row.peer ? row.value / row.peer.value : 0);
	return table.sort((a, b) => ratio(b) - ratio(a));
}
