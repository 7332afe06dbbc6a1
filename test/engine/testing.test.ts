import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradbook";
import { describe, expect, test } from "vitest";
import { decode, optionsOf, readReference } from "../support/reference";

/* torch.testing and torch.random: messages are PyTorch's, test/reference/make_testing.py. */

const { cases } = readReference<{
	cases: { actual: unknown; expected: unknown; kwargs: Record<string, unknown>; said: string | null }[];
}>("testing.json");

/** PyTorch's text in our names. */
const translated = (said: string) =>
	said.startsWith("Both 'rtol'")
		? "[assertClose] rtol and atol must be either both given or both left out, but got no atol"
		: said;

describe("assertClose says what PyTorch says", () => {
	test.each(cases.map((row, i) => [i, row.said?.split("\n")[0] ?? "close", row] as const))("%i: %s", (_, __, row) => {
		const compare = () => torch.testing.assertClose(decode(row.actual), decode(row.expected), optionsOf(row.kwargs));
		if (row.said === null) compare();
		else expect(compare).toThrow(expect.objectContaining({ message: translated(row.said) }));
	});

	test("what differs in kind, and unknown options", () => {
		const x = torch.ones(1);
		expect(() => torch.testing.assertClose(x, 1)).toThrow("Expected 1 but got a tensor of shape [1].");
		// @ts-expect-error
		expect(() => torch.testing.assertClose(x, x, { tol: 1 })).toThrow('unknown option "tol"');
	});
});

test("forkRng leaves the default generator where it was, with a function and with using", () => {
	torch.manualSeed(5);
	const expected = torch.rand(3).tolist();
	torch.manualSeed(5);
	const inside = torch.random.forkRng(() => torch.randn(4));
	expect(inside.shape).toEqual([4]);
	expect(torch.rand(3).tolist()).toEqual(expected);
	torch.manualSeed(5);
	{
		using _ = torch.random.forkRng();
		torch.random.manualSeed(9);
		torch.rand(2);
	}
	expect(torch.rand(3).tolist()).toEqual(expected);
	torch.manualSeed(5);
	torch.random.forkRng(() => torch.rand(3), { enabled: false });
	expect(torch.rand(3).tolist()).not.toEqual(expected);
});

test("a generator knows its device, which is the host", () => {
	expect(String(new torch.Generator("cpu").device)).toBe("cpu");
	expect(new torch.Generator({ device: torch.device("cpu") }).manualSeed(3).initialSeed()).toBe(3n);
	expect(() => new torch.Generator("cuda")).toThrow("[Generator] expected the device cpu, got cuda");
});

test("a program that looks for an accelerator finds the host, or a card", () => {
	const { accelerator, backends } = torch;
	expect(accelerator.isAvailable()).toBe(torch.cuda.isAvailable());
	expect(String(accelerator.currentAccelerator())).toBe("cuda");
	expect(accelerator.currentAccelerator(true) === null).toBe(!accelerator.isAvailable());
	const kind = accelerator.isAvailable() ? accelerator.currentAccelerator().type : "cpu";
	expect(torch.ones(1).to(kind).device.type).toBe(kind);
	expect([backends.mps.isAvailable(), accelerator.deviceCount()]).toEqual([false, torch.cuda.deviceCount()]);
});

test("a sampler of one's own", () => {
	class Reversed extends torch.utils.data.Sampler {
		constructor(readonly length: number) {
			super();
		}

		*[Symbol.iterator](): IterableIterator<number> {
			for (let i = this.length - 1; i >= 0; i--) yield i;
		}
	}
	const loader = new torch.utils.data.DataLoader([10, 20, 30], { batchSize: 2, sampler: new Reversed(3) });
	expect([...loader].map((batch) => batch.tolist())).toEqual([[30, 20], [10]]);
	expect(loader.length).toBe(2);
});

test("the version is the package's", () => {
	const { version } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as { version: string };
	expect(torch.__version__).toBe(version);
});
