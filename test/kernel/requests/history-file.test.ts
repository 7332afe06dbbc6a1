import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { History } from "../../../dist/kernel/requests/history";
import { HistoryFiles, historyFolder } from "../../../dist/kernel/requests/history-file";
import { startKernel } from "../support/kernel";

const place = mkdtempSync(join(tmpdir(), "gradbook-history-"));
let folder: string;
let count = 0;
beforeEach(() => {
	folder = join(place, String(++count), "history");
});
afterAll(() => rmSync(place, { recursive: true }));

/** A session that has run these inputs. */
function session(...inputs: string[]): History {
	const history = new History(folder);
	for (const [index, input] of inputs.entries()) history.add(index + 1, input);
	return history;
}

const rows = (entries: { session: number; line: number; input: string }[]) =>
	entries.map(({ session, line, input }) => `${session}/${line} ${input}`);

describe("a history across sessions", () => {
	test("gives tail, range and search over all of them, with their numbers", () => {
		session("a = 1", "b = 2");
		session("c = 3");
		const now = session("a = 1", "d = 4\nd");
		expect(rows(now.tail(3))).toEqual(["2/1 c = 3", "3/1 a = 1", "3/2 d = 4\nd"]);
		expect(rows(now.range(-2, 1, undefined))).toEqual(["1/1 a = 1", "1/2 b = 2"]);
		expect(rows(now.range(2, 0, 5))).toEqual(["2/1 c = 3"]);
		expect(rows(now.range(3, -1, undefined))).toEqual(["3/2 d = 4\nd"]);
		expect(rows(now.range(0, 1, -1))).toEqual(["3/1 a = 1"]);
		expect(rows(now.range(-9, 0, undefined))).toEqual([]);
		expect(rows(now.search("a*", undefined, false))).toEqual(["1/1 a = 1", "3/1 a = 1"]);
		expect(rows(now.search("a*", undefined, true))).toEqual(["3/1 a = 1"]);
		expect(rows(now.search("*= ?*", 2, false))).toEqual(["3/1 a = 1", "3/2 d = 4\nd"]);
	});

	test("sees what kernels beside it write, each under a number of its own", () => {
		const [one, other] = [session("one"), session("other")];
		one.add(2, "one more");
		expect(rows(other.tail(10))).toEqual(["1/1 one", "1/2 one more", "2/1 other"]);
		expect(rows(one.search("o*", undefined, false))).toHaveLength(3);
	});

	test("skips what a crash has left half written, and files that are none of its own", () => {
		session("whole");
		appendFileSync(join(folder, "00000001.jsonl"), '{"line":2,"inp');
		writeFileSync(join(folder, "notes.txt"), "x");
		writeFileSync(
			join(folder, "00000002.jsonl"),
			'\u0000\u0000\n[1]\nnull\n{"line":"1","input":"x"}\n{"line":3,"input":"good"}\n',
		);
		expect(rows(session("now").tail(10))).toEqual(["1/1 whole", "2/3 good", "3/1 now"]);
	});

	test("is for its owner's eyes", () => {
		session("secret");
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		expect(statSync(join(folder, "00000001.jsonl")).mode & 0o777).toBe(0o600);
	});

	test("is bounded: by sessions, by bytes, by the length of one input", () => {
		mkdirSync(folder, { recursive: true });
		for (let i = 1; i <= 1100; i++) {
			writeFileSync(join(folder, `${String(i).padStart(8, "0")}.jsonl`), `{"line":1,"input":"${i}"}\n`);
		}
		const now = session("now", "x".repeat(2 ** 18 + 1));
		expect(readdirSync(folder)).toHaveLength(1000);
		expect(rows(now.search("*", undefined, false))[0]).toBe("102/1 102");
		expect(statSync(join(folder, "00001101.jsonl")).size).toBeLessThan(100);
		expect(now.tail(1)[0]!.input).toHaveLength(2 ** 18 + 1);

		writeFileSync(join(folder, "00001101.jsonl"), "x".repeat(2 ** 24 + 1));
		session("after the large one");
		expect(readdirSync(folder)).toEqual(["00001102.jsonl"]);
	});

	test("that cannot be written costs the history, not the session", () => {
		mkdirSync(join(place, "file"), { recursive: true });
		writeFileSync(join(place, "file", "history"), "");
		const history = new History(join(place, "file", "history"));
		history.add(1, "kept in memory");
		expect(rows(history.tail(5))).toEqual(["1/1 kept in memory"]);
	});

	test("lies where the environment says", () => {
		expect(historyFolder({ GRADBOOK_HISTORY: "off" })).toBeUndefined();
		expect(historyFolder({ GRADBOOK_HISTORY: "/somewhere" })).toBe("/somewhere");
		if (process.platform !== "darwin")
			expect(historyFolder({ XDG_STATE_HOME: "/state" })).toBe("/state/gradbook/history");
		expect(new HistoryFiles(undefined).session).toBe(1);
	});
});

test("a kernel that is started again finds what the one before it ran", async () => {
	const env = { ...process.env, GRADBOOK_HISTORY: folder };
	const first = await startKernel({ env });
	await first.client.execute("const earlier = 1");
	await first.client.execute("earlier", { store_history: false });
	first.kill();
	await first.exited;
	const second = await startKernel({ env });
	await second.client.execute("2 + 2");
	const ask = async (content: object) =>
		(await second.client.request("history_request", { raw: true, output: false, ...content }).reply()).content.history;
	expect(await ask({ hist_access_type: "tail", n: 10 })).toEqual([
		[1, 1, "const earlier = 1"],
		[2, 1, "2 + 2"],
	]);
	expect(await ask({ hist_access_type: "range", session: -1, start: 1, output: true })).toEqual([
		[1, 1, ["const earlier = 1", null]],
	]);
	expect(await ask({ hist_access_type: "search", pattern: "*2*", output: true })).toEqual([[2, 1, ["2 + 2", "4"]]]);
});
