import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { native } from "../../dist/engine/core/native";

const ops = join(__dirname, "..", "..", "engine", "native", "ops");

test("every kernel of the CPU is one of CUDA too", () => {
	const cards = new Set(native.kernels(1));
	const missing = native.kernels(0).filter((name) => !cards.has(name));
	// Front ends that compute on the host themselves refuse other devices by name.
	const onHost = readdirSync(ops)
		.filter((file) => file.endsWith(".cc"))
		.flatMap((file) => [...readFileSync(join(ops, file), "utf8").matchAll(/needsHost\(\w+, "(\w+)"\)/g)])
		.map(([, name]) => name!);
	expect([...missing, ...onHost], "kernels without CUDA").toEqual([]);
});
