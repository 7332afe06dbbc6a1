import type { Finding } from "./doctor";

/** What the addon told of CUDA (`cudaInfo`, `cudaCards`). */
export interface CudaAnswer {
	driverPath: string | null;
	driverProblem: string | null;
	driverVersion: number;
	devices: number;
	compilerPath: string | null;
	compilerVersion: string | null;
	compilerProblem: string | null;
	libraries: {
		title: string;
		purpose: string;
		path: string | null;
		version: string | null;
		problem: string | null;
	}[];
	cards: ({ name: string; capability: string; freeBytes: number; totalBytes: number } | { problem: string })[];
}

/** Less than this is not enough for a context and a first model. */
const leastMemory = 512 * 2 ** 20;

/** What the engine itself opened, which may be other libraries than the system's tools know. */
export function cudaFindings(cuda: CudaAnswer | undefined): Finding[] {
	if (!cuda) {
		return [{ what: "CUDA", state: "absent", detail: "not known: the addon finds it when it is first used" }];
	}
	if (cuda.driverProblem) return [{ what: "CUDA", state: "absent", detail: cuda.driverProblem }];
	return [cards(cuda), compiler(cuda), ...cuda.libraries.map(vendor)];
}

/** 12.4 of 12040 */
function driverCuda({ driverVersion }: CudaAnswer): string {
	return `${Math.floor(driverVersion / 1000)}.${Math.floor((driverVersion % 1000) / 10)}`;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function cards(cuda: CudaAnswer): Finding {
	const full: string[] = [];
	const lines = cuda.cards.map((card, index) => {
		const name = `cuda:${index}`;
		if ("problem" in card) {
			full.push(name);
			return `${name} cannot be used: ${card.problem}`;
		}
		if (card.freeBytes < leastMemory) full.push(name);
		return `${name} ${card.name}, compute capability ${card.capability}, ${gibibytes(card.freeBytes)} of ${gibibytes(card.totalBytes)} free`;
	});
	const detail = [...lines, `driver for CUDA ${driverCuda(cuda)}: ${cuda.driverPath}`].join("\n");
	if (full.length === 0) return { what: "CUDA", state: cuda.compilerProblem ? "absent" : "ok", detail };
	const advice = `${full.join(" and ")} ${full.length === 1 ? "has" : "have"} next to no memory left: nvidia-smi shows which programs hold it`;
	return { what: "CUDA", state: full.length < cuda.cards.length ? "ok" : "absent", detail, advice };
}

const major = (version: string) => Number.parseInt(version, 10);

function compiler(cuda: CudaAnswer): Finding {
	const what = "NVRTC";
	if (cuda.compilerProblem) {
		return { what, state: "absent", detail: `no kernel can be compiled, cards are not used: ${cuda.compilerProblem}` };
	}
	const detail = `${cuda.compilerVersion} (${cuda.compilerPath})`;
	if (major(cuda.compilerVersion ?? "") <= major(driverCuda(cuda))) return { what, state: "ok", detail };
	return {
		what,
		state: "absent",
		detail: `${detail}\nit is newer than the driver, which knows CUDA ${driverCuda(cuda)} and may not load its code`,
		advice: `pip install nvidia-cuda-nvrtc-cu${major(driverCuda(cuda))} brings one that fits, and so does a newer driver`,
	};
}

function vendor({ title, purpose, path, version, problem }: CudaAnswer["libraries"][number]): Finding {
	if (problem) return { what: title, state: "absent", detail: `${problem}\n${purpose}` };
	return { what: title, state: "ok", detail: `${version} (${path})` };
}
