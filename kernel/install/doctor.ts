import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { codeFile, notCompiledAhead } from "../../engine/packed";
import { defaultRoot } from "../../engine/vision/datasets/cache";
import { catalogue } from "../../engine/vision/datasets/catalogue";
import { locate } from "../../engine/vision/datasets/files";
import { labextensionName } from "../labextension/build";
import { type CudaAnswer, cudaFindings } from "./cudaFindings";
import { findJupyterLab, findWidgetManager, firstLine, type JupyterLab, onPath } from "./jupyter";
import { addonFile, labExtensionsFolder, packageRoot, searchedFolders } from "./places";
import { findSpecs } from "./spec";
import { widgetsAdvice, withoutJupyter } from "./venv";

/** One line of the doctor's report. */
export interface Finding {
	what: string;
	/** `missing` is something that everything needs; `absent` something that much works without. */
	state: "ok" | "absent" | "missing";
	/** What was found, or what follows from its absence. */
	detail: string;
	/** What to do about it. */
	advice?: string;
}

/** What the addon told of itself, from a process of its own: a broken addon must not end the doctor. */
interface AddonAnswer {
	error?: string;
	build?: { simd: string; blas: string | null; blasPath: string | null; compiler: string };
	cuda?: CudaAnswer;
}

const rebuild = `npm run build:addon -- --force --verbose   (in ${packageRoot}; prints every command of the build)`;

/** Looks at everything that gradbook builds on. */
export function examine(): Finding[] {
	const addon = askAddon();
	const search = findJupyterLab();
	return [
		node(),
		addonFinding(addon),
		engine(),
		blas(addon),
		gpuDriver(),
		...cudaFindings(addon.cuda),
		jupyter(search.lab, search.rejected),
		kernelSpecs(search.lab),
		renderer(search.lab),
		widgets(search.lab),
		data(),
	];
}

/** The report as text, one finding a line with its advice below, and whether the essentials are there. */
export function report(findings: Finding[]): { text: string; healthy: boolean } {
	const width = Math.max(...findings.map((finding) => finding.what.length));
	const lines = findings.map(({ what, state, detail, advice }) => {
		const head = `${state.padEnd(8)} ${what.padEnd(width)}  ${detail.replaceAll("\n", `\n${" ".repeat(width + 11)}`)}`;
		return advice
			? `${head}\n${" ".repeat(width + 11)}${advice.replaceAll("\n", `\n${" ".repeat(width + 11)}`)}`
			: head;
	});
	return { text: lines.join("\n"), healthy: findings.every((finding) => finding.state !== "missing") };
}

function node(): Finding {
	const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
	const good = major > 20 || (major === 20 && minor >= 19);
	const detail = `${process.versions.node} (${process.execPath})`;
	if (good) return { what: "Node", state: "ok", detail };
	return { what: "Node", state: "missing", detail, advice: "gradbook needs Node 20.19 or newer" };
}

function askAddon(): AddonAnswer {
	if (!existsSync(addonFile)) return { error: `${addonFile} has not been built` };
	const program = `const addon = require(${JSON.stringify(addonFile)});
		console.log(JSON.stringify({ build: addon.buildInfo(), cuda: { ...addon.cudaInfo(), ...addon.cudaCards() } }))`;
	const answer = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", timeout: 60_000 });
	if (answer.status === 0) return JSON.parse(answer.stdout) as AddonAnswer;
	const reason = /^(?:\w*Error: .*)$/m.exec(answer.stderr)?.[0];
	return { error: reason ?? `loading it ended the process (${answer.signal ?? `exit status ${answer.status}`})` };
}

function addonFinding({ build, error }: AddonAnswer): Finding {
	if (build) return { what: "addon", state: "ok", detail: `${addonFile}\n${build.simd}, built by ${build.compiler}` };
	return { what: "addon", state: "missing", detail: error ?? "", advice: rebuild };
}

function engine(): Finding {
	const what = "engine";
	const reason = notCompiledAhead();
	if (reason === undefined) return { what, state: "ok", detail: `compiled ahead (${codeFile})` };
	const detail = `compiled whenever it is imported, which takes longer: ${reason}`;
	return { what, state: "absent", detail, advice: `npm run compile:engine   (in ${packageRoot})` };
}

function blas({ build }: AddonAnswer): Finding {
	const what = "BLAS";
	if (!build) return { what, state: "absent", detail: "not known: the addon finds it when it is loaded" };
	if (build.blas) return { what, state: "ok", detail: `${build.blas} (${build.blasPath})` };
	const advice =
		process.platform === "darwin"
			? "Accelerate is part of macOS; set GRADBOOK_BLAS to the path of another library"
			: "Debian, Ubuntu: sudo apt install libopenblas0   Fedora: sudo dnf install openblas   conda: conda install openblas";
	return { what, state: "absent", detail: "none found; the engine's own matrix product is used", advice };
}

const driverFiles = [
	"/usr/lib/x86_64-linux-gnu/libcuda.so.1",
	"/usr/lib/aarch64-linux-gnu/libcuda.so.1",
	"/usr/lib64/libcuda.so.1",
	"/usr/lib/libcuda.so.1",
	"/usr/lib/wsl/lib/libcuda.so.1",
];

function gpuDriver(): Finding {
	const what = "GPU driver";
	const smi = onPath("nvidia-smi");
	if (smi) {
		const query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
		const answer = spawnSync(smi, query, { encoding: "utf8", timeout: 20_000 });
		if (answer.status === 0 && answer.stdout.trim()) return { what, state: "ok", detail: answer.stdout.trim() };
		const reason = firstLine(answer.error?.message ?? (answer.stdout || answer.stderr));
		return { what, state: "absent", detail: `nvidia-smi finds no card (${reason}); computations run on the CPU` };
	}
	const library = driverFiles.find((file) => existsSync(file));
	if (library) return { what, state: "ok", detail: `${library} (no nvidia-smi to ask for the cards)` };
	return { what, state: "absent", detail: "no NVIDIA driver; computations run on the CPU" };
}

function jupyter(lab: JupyterLab | undefined, rejected: string[]): Finding {
	const what = "JupyterLab";
	if (lab) return { what, state: "ok", detail: `${lab.version} (${lab.command}, ${lab.source})` };
	return {
		what,
		state: "absent",
		detail: ["no JupyterLab 4 found", ...rejected].join("\n"),
		advice: `npm start installs one into a virtual environment of the project's own.\n${withoutJupyter}`,
	};
}

function kernelSpecs(lab: JupyterLab | undefined): Finding {
	const what = "kernel spec";
	const specs = findSpecs(searchedFolders(lab?.prefix));
	const lines = specs.map(
		({ folder, state }) => `${folder} ${state === "ours" ? "starts this installation" : state.problem}`,
	);
	const first = specs[0];
	if (first?.state === "ours") return { what, state: "ok", detail: lines.join("\n") };
	// Jupyter takes the first of its folders that has a kernel of this name.
	if (first) return { what, state: "absent", detail: lines.join("\n"), advice: "gradbook install   writes it anew" };
	return {
		what,
		state: "absent",
		detail: "not installed; npm start needs none",
		advice: "gradbook install --user   for a JupyterLab or an editor that is started by itself",
	};
}

/** Extensions that draw Plotly figures in JupyterLab: ours, and that of the Python package plotly. */
const plotRenderers = [labextensionName, "jupyterlab-plotly"];

function renderer(lab: JupyterLab | undefined): Finding {
	const what = "plots";
	const candidates = searchedFolders(lab?.prefix).flatMap((folder) =>
		plotRenderers.map((name) => join(labExtensionsFolder(folder), name)),
	);
	const found = candidates.find((folder) => existsSync(join(folder, "package.json")));
	if (found) return { what, state: "ok", detail: `drawn in JupyterLab by ${found}` };
	return {
		what,
		state: "absent",
		detail: "no renderer of Plotly figures is installed in JupyterLab; npm start brings its own",
		advice: "gradbook install   puts one beside the kernel spec",
	};
}

function widgets(lab: JupyterLab | undefined): Finding {
	const what = "widgets";
	const found = findWidgetManager(lab?.prefix);
	if (found) return { what, state: "ok", detail: `shown in JupyterLab by ${found}` };
	return {
		what,
		state: "absent",
		detail: "JupyterLab has no front end for sliders and buttons; they are shown as they stood, and cannot be moved",
		advice: widgetsAdvice(lab?.prefix),
	};
}

/** Data sets that are here, without reading them: loading checks every byte. */
function data(): Finding {
	const what = "data";
	const root = defaultRoot();
	const kept = Object.values(catalogue).map((entry) => {
		const splits = [true, false].map((train) => locate(entry, root, train));
		const edition = splits.find((split) => split)?.edition;
		return { name: entry.name, here: splits.every((split) => split), edition };
	});
	const here = kept.filter((one) => one.here).map((one) => `${one.name} (${one.edition} edition)`);
	const absent = kept.filter((one) => !one.here).map((one) => one.name);
	const detail = `${root}: ${here.length > 0 ? here.join(", ") : "nothing yet"}`;
	if (absent.length === 0) return { what, state: "ok", detail };
	const advice = `${absent.join(" and ")} will be fetched when first used; GRADBOOK_DATA names another folder`;
	return { what, state: here.length > 0 ? "ok" : "absent", detail, advice };
}
