import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/*
 * One process at a time fetches a data set into a folder; the others wait and then find it there. The lock spares the
 * others the work: files are written aside and renamed, so they would be right without it, too.
 */

const pollMilliseconds = 150;
/** The holder touches its lock this often. A lock much older than that was left by a process that is gone. */
const touchMilliseconds = 5_000;
const staleMilliseconds = 60_000;

/** Runs `body` while holding the lock file. `waiting` is called once where another process holds it. */
export async function withLock<T>(file: string, body: () => Promise<T>, waiting: () => void = () => {}): Promise<T> {
	const mine = JSON.stringify({ pid: process.pid, host: os.hostname(), id: randomUUID() });
	let told = false;
	while (!(await take(file, mine))) {
		if (await isStale(file)) {
			await discard(file);
			continue;
		}
		if (!told) waiting();
		told = true;
		await sleep(pollMilliseconds);
	}
	const touch = setInterval(() => {
		const now = new Date();
		utimes(file, now, now).catch(() => {});
	}, touchMilliseconds);
	try {
		return await body();
	} finally {
		clearInterval(touch);
		if ((await content(file)) === mine) await rm(file, { force: true });
	}
}

async function take(file: string, mine: string): Promise<boolean> {
	try {
		const handle = await open(file, "wx");
		await handle.writeFile(mine);
		await handle.close();
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		throw error;
	}
}

async function content(file: string): Promise<string | undefined> {
	return readFile(file, "utf8").catch(() => undefined);
}

async function isStale(file: string): Promise<boolean> {
	const age = await stat(file).then(
		({ mtimeMs }) => Date.now() - mtimeMs,
		() => 0,
	);
	if (age > staleMilliseconds) return true;
	try {
		const { pid, host } = JSON.parse((await content(file)) ?? "") as { pid: number; host: string };
		return host === os.hostname() && !isRunning(pid);
	} catch {
		// Being written at this moment, or gone already.
		return false;
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

/** Renaming first makes sure that of several who saw the same stale lock one removes it. */
async function discard(file: string): Promise<void> {
	const aside = `${file}.${randomUUID()}`;
	await rename(file, aside).catch(() => {});
	await rm(aside, { force: true });
}
