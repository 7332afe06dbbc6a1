import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const cli = resolve(__dirname, "..", "..", "..", "dist", "kernel", "cli.js");

let home: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "gradbook-cli-"));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Runs `gradbook` as somebody with an empty home and nothing on PATH but what the test puts there. */
function gradbook(...args: string[]) {
	const env = { HOME: home, PATH: join(home, "bin"), GRADBOOK_VENV: venv() };
	const result = spawnSync(process.execPath, [cli, ...args], { env, encoding: "utf8", timeout: 60_000 });
	return { status: result.status, out: result.stdout, err: result.stderr };
}

/** Puts a program on PATH: a shell script. */
function program(name: string, script: string): string {
	const file = join(home, "bin", name);
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, `#!/bin/sh\n${script}\n`);
	chmodSync(file, 0o755);
	return file;
}

const venv = () => join(home, "venv");
const userFolder = () => join(home, process.platform === "darwin" ? "Library/Jupyter" : ".local/share/jupyter");

describe("gradbook install", () => {
	test("writes the kernel for the user, says where, and uninstall removes it", () => {
		const spec = join(userFolder(), "kernels", "gradbook", "kernel.json");
		const installed = gradbook("install");
		expect(installed).toMatchObject({ status: 0, err: "" });
		expect(installed.out).toContain(dirname(spec));
		expect(JSON.parse(readFileSync(spec, "utf8")).display_name).toBe("TypeScript (gradbook)");
		expect(gradbook("uninstall", "--prefix", home).out).toContain(`it is in\n  ${dirname(spec)}`);
		expect(gradbook("uninstall").out).toContain(`Removed ${dirname(spec)}`);
		expect(existsSync(spec)).toBe(false);
	});

	test("--prefix writes below a folder", () => {
		expect(gradbook("install", "--prefix", join(home, "env")).status).toBe(0);
		expect(existsSync(join(home, "env", "share", "jupyter", "kernels", "gradbook", "kernel.json"))).toBe(true);
	});

	test("--sys-prefix writes into the environment of the JupyterLab on PATH", () => {
		program("jupyter-lab", "echo 4.9.1");
		program("python3", `echo "${home}/its-prefix"`);
		expect(gradbook("install", "--sys-prefix").err).toBe("");
		expect(existsSync(join(home, "its-prefix", "share", "jupyter", "kernels", "gradbook", "kernel.json"))).toBe(true);
	});

	test("--sys-prefix without a JupyterLab says why, and what serves instead", () => {
		program("jupyter-lab", "echo 3.6.1");
		const { status, err } = gradbook("install", "--sys-prefix");
		expect(status).toBe(1);
		expect(err).toContain("is JupyterLab 3.6.1; 4 is needed");
		expect(err).toContain("--prefix DIR");
	});

	test("contradicting and unknown options are named", () => {
		expect(gradbook("install", "--user", "--prefix", home)).toMatchObject({
			status: 1,
			err: expect.stringContaining("option '--user' cannot be used with option '--prefix <dir>'"),
		});
		expect(gradbook("install", "--usr").err).toContain("unknown option '--usr'\n(Did you mean --user?)");
		expect(gradbook("instal").err).toContain("unknown command 'instal'\n(Did you mean install?)");
	});
});

describe("gradbook lab", () => {
	test("hands JupyterLab the folder, the kernel as default and the further options", () => {
		program(
			"jupyter-lab",
			'case "$1" in --version) echo 4.9.1;; *) echo "args: $@"; echo "path: $JUPYTER_PATH"; exit 7;; esac',
		);
		const { status, out, err } = gradbook("lab", home, "--no-browser", "--port", "9999");
		expect(err).toBe("");
		expect(out).toContain(
			`args: --ServerApp.root_dir=${home} --MultiKernelManager.default_kernel_name=gradbook --no-browser --port 9999`,
		);
		const path = /^path: (.*)$/m.exec(out)?.[1] ?? "";
		expect(existsSync(join(path, "kernels", "gradbook", "kernel.json"))).toBe(true);
		expect(existsSync(userFolder()), "the user's own Jupyter folder stays untouched").toBe(false);
		expect(out).toContain(
			"It cannot show sliders and buttons (only what they stood at); to have them: python3 -m pip install",
		);
		expect(status, "JupyterLab's own exit status").toBe(7);
	});

	test("refuses a folder that is not there", () => {
		const { status, err } = gradbook("lab", join(home, "nowhere"));
		expect(status).toBe(1);
		expect(err).toContain("nowhere is not a folder");
	});

	test("a named Python without JupyterLab is told, with the command that installs it there", () => {
		const python = program("python3", "exit 1");
		const { status, err } = gradbook("lab", home, "--python", python);
		expect(status).toBe(1);
		expect(err).toContain(`${python} -m pip install "jupyterlab>=4,<5" "jupyterlab_widgets>=3,<4"`);
	});
});

describe("gradbook lab where JupyterLab is missing", () => {
	const otherWay = "npm run notebook notebooks/01_first_network.ipynb";

	test("makes a virtual environment, installs JupyterLab, says so and starts it; the next start finds it", () => {
		program("the-lab", 'case "$1" in --version) echo 4.9.1;; *) echo "started $1";; esac');
		program("the-pip", `[ "$2" = pip ] && /bin/cp "${home}/bin/the-lab" "${venv()}/bin/jupyter-lab"`);
		program("python3", `[ "$2" = venv ] && /bin/mkdir -p "$3/bin" && /bin/cp "${home}/bin/the-pip" "$3/bin/python"`);
		const first = gradbook("lab", home);
		expect(first).toMatchObject({ status: 0, err: "" });
		expect(first.out).toContain(`Making a virtual environment in ${venv()} (with ${home}/bin/python3)`);
		expect(first.out).toContain(`Installing jupyterlab>=4,<5 into ${venv()} with pip`);
		expect(first.out).toContain(`started --ServerApp.root_dir=${home}`);
		const second = gradbook("lab", home);
		expect(second.out).not.toContain("Installing");
		expect(second.out).toContain(`started --ServerApp.root_dir=${home}`);
	});

	test("says what is missing where there is no Python", () => {
		const { status, err } = gradbook("lab", home);
		expect(status).toBe(1);
		expect(err).toContain("there is no Python 3 on PATH");
		expect(err).toContain(otherWay);
	});

	test("shows Python's own words where it has no venv module, and leaves no half environment", () => {
		program("python3", "echo 'No module named venv' >&2; exit 1");
		const { status, err } = gradbook("lab", home);
		expect(status).toBe(1);
		expect(err).toContain("  No module named venv\nOn Debian and Ubuntu: sudo apt install python3-venv");
		expect(err).toContain(otherWay);
		expect(existsSync(venv())).toBe(false);
	});

	test("says what to do where pip reaches no index", () => {
		program("python3", `/bin/mkdir -p "${venv()}/bin"; /bin/cp "${home}/bin/pip-fails" "${venv()}/bin/python"`);
		program("pip-fails", "echo 'Could not find a version that satisfies' >&2; exit 1");
		const { status, err } = gradbook("lab", home);
		expect(status).toBe(1);
		expect(err).toContain("Could not find a version that satisfies");
		expect(err).toContain("pip could not install JupyterLab");
		expect(err).toContain(otherWay);
	});
});

describe("gradbook doctor", () => {
	test("names each part with its state, and what to do about what is absent", () => {
		const { out, err } = gradbook("doctor");
		expect(err).toBe("");
		for (const what of [
			"Node",
			"addon",
			"engine",
			"BLAS",
			"GPU driver",
			"CUDA",
			"JupyterLab",
			"kernel spec",
			"plots",
			"widgets",
			"data",
		]) {
			expect(out).toMatch(new RegExp(`^(ok|absent|missing) +${what} `, "m"));
		}
		expect(out).toContain("FashionMNIST will be fetched when first used");
		expect(out).toContain("npm start installs one into a virtual environment");
		expect(out).toContain("npm run notebook notebooks/01_first_network.ipynb");
	});

	test("finds JupyterLab, a stale kernel spec and a card", () => {
		program("jupyter-lab", "echo 4.9.1");
		program("nvidia-smi", "echo 'Some Card, 555.42, 16384 MiB'");
		gradbook("install");
		const file = join(userFolder(), "kernels", "gradbook", "kernel.json");
		expect(gradbook("doctor").out).toMatch(/^ok +kernel spec .*starts this installation$/m);
		const spec = JSON.parse(readFileSync(file, "utf8"));
		spec.argv[0] = "/gone/node";
		writeFileSync(file, JSON.stringify(spec));
		const { out } = gradbook("doctor");
		expect(out).toMatch(/^ok +JupyterLab +4\.9\.1 /m);
		expect(out).toMatch(/^ok +GPU driver +Some Card, 555\.42, 16384 MiB$/m);
		expect(out).toMatch(/^absent +kernel spec .*starts \/gone\/node, which is gone$/m);
	});
});

describe("gradbook run", () => {
	test.each([
		[["run"], "missing required argument 'notebook'"],
		[["run", "x.ipynb", "--timeout", "soon"], "Expected a number of seconds greater than 0."],
		[["run", "x.ipynb", "--param", "epochs"], "expected NAME=VALUE"],
		[["run", "nowhere.ipynb"], "nowhere.ipynb"],
		[["run", "x.ipynb", "--htm"], "unknown option '--htm'"],
	])("%j says what is wrong with it", (args, message) => {
		const { status, err } = gradbook(...args);
		expect(status).toBe(1);
		expect(err).toContain(message);
	});
});

test("gradbook --help lists the commands", () => {
	const { status, out } = gradbook("--help");
	expect(status).toBe(0);
	for (const command of ["install", "uninstall", "lab", "run", "doctor"])
		expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
});
