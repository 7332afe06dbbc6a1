// Completes package-lock.json: node scripts/complete-lock.mjs
//
// A package with native code names one optional package for each platform. npm leaves those out of the lock that the
// registry at hand does not have, which happens with mirrors, and `npm ci` then refuses the lock as incomplete. This
// writes them in: name and exact version as the package that wants them says, platform as their name says. npm fetches
// only that of the machine's own platform. Run it after a change of dependencies; test/scripts/lock.test.ts asks for it.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64"];

/** `os`, `cpu` and `libc` of a platform package, from a name such as `@oxc-parser/binding-linux-x64-musl`. */
function platformOf(name) {
	const words = name.split(/[/-]/);
	const os = systems.find((system) => words.includes(system));
	const cpu = processors.find((processor) => words.includes(processor));
	if (!os || !cpu) return undefined;
	const libc = words.some((word) => word.startsWith("musl"))
		? "musl"
		: words.some((word) => word.startsWith("gnu"))
			? "glibc"
			: undefined;
	return { cpu: [cpu], ...(libc && os === "linux" ? { libc: [libc] } : {}), os: [os] };
}

/** Entries that the lock lacks, by their place in it. */
export function missingEntries(lock) {
	const missing = {};
	for (const [place, entry] of Object.entries(lock.packages)) {
		for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
			if (lock.packages[`node_modules/${name}`] || lock.packages[`${place}/node_modules/${name}`]) continue;
			const platform = platformOf(name);
			if (!platform) throw new Error(`${name}, wanted by ${place}, is not in the lock, and its name says no platform`);
			if (!/^\d/.test(version)) throw new Error(`${place} wants ${name} ${version}, which is no exact version`);
			missing[`node_modules/${name}`] = { version, ...(entry.dev ? { dev: true } : {}), optional: true, ...platform };
		}
	}
	return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const file = new URL("../package-lock.json", import.meta.url);
	const lock = JSON.parse(readFileSync(file, "utf8"));
	const missing = missingEntries(lock);
	const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
	lock.packages = Object.fromEntries(sorted);
	writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
	console.log(`package-lock.json: ${Object.keys(missing).length} entries added`);
}
