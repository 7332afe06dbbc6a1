import { type Handle, native } from "../../core/native";
import { batched, isHandle, isOf, type Level, NotTogether, rows } from "./level";

/* A row for one entry after the other: what has no rule. */

const readers = new Set(["item", "toData", "toNumbers"]);

/** Does the row for each entry, and puts the results together. Writes go to the entries' own memory. `before` runs before each. */
export function byEntries(level: Level, row: string, args: readonly unknown[], before?: () => void): unknown {
	if (row.endsWith("_") && !isOf(level, args[0])) throw sharedWrite(row.slice(0, -1));
	const of = (x: unknown, i: number): unknown => {
		if (isOf(level, x)) return native.select(x.inner, 0, i);
		return Array.isArray(x) ? x.map((item) => of(item, i)) : x;
	};
	let written = -1;
	const results = Array.from({ length: level.size }, (_, i) => {
		const own = args.map((arg) => of(arg, i));
		before?.();
		const result = rows[row]!(...own);
		// A row that writes into an argument gives that.
		written = isHandle(result) ? own.indexOf(result) : -1;
		if (written >= 0 && !isOf(level, args[written])) throw sharedWrite(row);
		return result;
	});
	return written >= 0 ? args[written] : joined(level, row, results);
}

export function sharedWrite(row: string): NotTogether {
	return new NotTogether(
		`[${row}] not possible inside vmap: it writes what differs from entry to entry into a tensor that is the same for all. ` +
			"Make that tensor from one that is mapped over: x.newZeros(…), torch.zerosLike(x), or write to a copy",
	);
}

function joined(level: Level, row: string, results: readonly unknown[]): unknown {
	const first = results[0];
	if (isHandle(first)) return stacked(level, row, results as Handle[]);
	if (Array.isArray(first) && (results as unknown[][]).every((result) => result.length === first.length)) {
		return first.map((_, k) =>
			joined(
				level,
				row,
				(results as unknown[][]).map((result) => result[k]),
			),
		);
	}
	if (results.every((result) => same(result, first))) return first;
	if (readers.has(row)) {
		throw new NotTogether(
			`[${row}] not possible inside vmap: it reads a value that differs from entry to entry, and here ${level.size} are computed at ` +
				"once. Say it by operations (where, clamp, masks), or leave vmap out: a loop over the entries and torch.stack",
		);
	}
	throw new NotTogether(
		`[${row}] not possible inside vmap: the answer differs from entry to entry (${String(first)} and others)`,
	);
}

/** What all entries agree on may be looked at. */
function same(a: unknown, b: unknown): boolean {
	if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return Object.is(a, b);
	const [x, y] = [a, b] as unknown as [ArrayLike<unknown>, ArrayLike<unknown>];
	return x.length === y.length && Array.prototype.every.call(x, (value: unknown, i: number) => Object.is(value, y[i]));
}

function stacked(level: Level, row: string, results: readonly Handle[]): Handle {
	const shape = native.shape(results[0]!);
	for (const result of results) {
		if (`${native.shape(result)}` !== `${shape}`) {
			throw new NotTogether(
				`[${row}] not possible inside vmap: the result's shape depends on values, [${shape}] for one entry and ` +
					`[${native.shape(result)}] for another`,
			);
		}
	}
	return batched(
		level,
		native.cat(
			results.map((result) => native.unsqueeze(result, 0)),
			0,
		),
	);
}
