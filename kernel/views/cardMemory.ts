import { table, type View } from "../display";
import { displaySymbol, type MimeBundle } from "../display/mime";
import { formatBytes } from "../display/numbers";
import { css, seriesColour } from "../display/theme";
import { engine } from "./lazy";

type Cuda = ReturnType<typeof engine>["cuda"];
type Segment = ReturnType<Cuda["memorySnapshot"]>[number];

/** Blocks that one bar draws: more are neighbours of one kind, drawn as one. */
const mostBlocks = 200;

/**
 * The memory that the engine has taken from a card: each piece with its blocks in order, those that tensors hold in colour, free
 * ones empty. Pieces of a captured step (`cuda.graph`) are its own while it lives.
 *
 * @example cardMemory()
 */
export function cardMemory(card?: Parameters<Cuda["memorySnapshot"]>[0]): View {
	const { cuda } = engine();
	const segments = cuda.memorySnapshot(card);
	const [free, total] = cuda.memGetInfo(card);
	const most = Math.max(...segments.map(({ totalSize }) => totalSize), 1);
	const rows = segments.map((segment) => ({
		pool: poolOf(segment),
		size: formatBytes(segment.totalSize),
		held: formatBytes(segment.allocatedSize),
		blocks: segment.blocks.length,
		memory: bar(segment, most),
	}));
	const sum = (of: (segment: Segment) => number) => segments.reduce((all, segment) => all + of(segment), 0);
	return table(rows, {
		columns: { pool: "pool", size: "size", held: "held by tensors", blocks: "blocks", memory: "memory" },
		caption: `Memory of ${cuda.getDeviceName(card)}`,
		total: {
			pool: "total",
			size: formatBytes(sum(({ totalSize }) => totalSize)),
			held: formatBytes(sum(({ allocatedSize }) => allocatedSize)),
			blocks: sum(({ blocks }) => blocks.length),
		},
		note: `${formatBytes(free)} of the card's ${formatBytes(total)} are free`,
	});
}

function poolOf({ segmentPoolId, segmentType }: Segment): string {
	const size = segmentType === "small" ? "small blocks" : "large blocks";
	return segmentPoolId === 0 ? size : `${size} of graph memory ${segmentPoolId}`;
}

/** Runs of used and of free memory, as parts of the whole. */
function runsOf({ blocks, totalSize }: Segment): { used: boolean; part: number }[] {
	const runs: { used: boolean; part: number }[] = [];
	const joins = blocks.length > mostBlocks;
	for (const { size, state } of blocks) {
		const used = state === "active_allocated";
		const last = runs.at(-1);
		if (joins && last?.used === used) last.part += size / totalSize;
		else runs.push({ used, part: size / totalSize });
	}
	return runs;
}

/** A bar as long as the piece is large, beside the largest one. */
function bar(segment: Segment, most: number): { [displaySymbol](): MimeBundle } {
	const runs = runsOf(segment);
	const colour = seriesColour(segment.segmentPoolId === 0 ? 0 : 1);
	const width = Math.max(24, Math.round(320 * Math.sqrt(segment.totalSize / most)));
	const parts = runs.map(
		({ used, part }) =>
			`<span style="width:${(100 * part).toFixed(2)}%;min-width:1px;background:${used ? colour : css.faint};` +
			`border-right:1px solid ${css.line}"></span>`,
	);
	const share = `${((100 * segment.allocatedSize) / segment.totalSize).toFixed(0)} %`;
	let end = 0;
	const ends = runs.map(({ used, part }) => {
		end += part;
		return { used, end };
	});
	const text = Array.from({ length: 20 }, (_, i) =>
		ends.find((run) => run.end > (i + 0.5) / 20)?.used ? "█" : "░",
	).join("");
	return {
		[displaySymbol]: () => ({
			"text/plain": text,
			"text/html":
				`<span role="img" aria-label="${share} held" title="${share} held" style="display:inline-flex;height:14px;` +
				`width:${width}px;border:1px solid ${css.line}">${parts.join("")}</span>`,
		}),
	};
}
