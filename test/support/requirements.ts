import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "vitest";
import { findChromium, findJupyterLab } from "../../dist/kernel/install";

/*
 * What some tests need beside Node. Where it is missing, they are skipped and their name says why; in CI (CI=true) a
 * missing requirement is a failure, since a suite that skips itself tests nothing.
 */

export interface Need {
	/** The program, where it was found. */
	readonly path: string | undefined;
	/** What is missing and how to get it. */
	missing: string;
}

let found: { jupyterlab: string | undefined; python: string | undefined } | undefined;

/** Asking JupyterLab for its version takes seconds: done once, and only by tests that want it. */
function jupyter(): NonNullable<typeof found> {
	if (!found) {
		const command = findJupyterLab().lab?.command;
		const beside = (name: string) => join(dirname(command ?? ""), name);
		found = { jupyterlab: command, python: command && [beside("python3"), beside("python")].find(existsSync) };
	}
	return found;
}

export const needs = {
	/** Program `jupyter-lab`. */
	jupyterlab: {
		get path() {
			return jupyter().jupyterlab;
		},
		missing:
			"needs JupyterLab 4 on PATH, in .venv or beside GRADBOOK_PYTHON: python3 -m venv .venv && .venv/bin/pip install -r requirements-test.txt",
	},
	/** The Python of that JupyterLab, with the packages of requirements-test.txt. */
	python: {
		get path() {
			return jupyter().python;
		},
		missing:
			"needs a Python with requirements-test.txt: python3 -m venv .venv && .venv/bin/pip install -r requirements-test.txt",
	},
	chromium: {
		get path() {
			return findChromium();
		},
		missing: "needs Chromium on PATH or named by GRADBOOK_CHROMIUM (Debian: sudo apt install chromium)",
	},
} satisfies Record<string, Need>;

/** The program of a need that `describeWith` has checked. */
export function pathOf(need: Need): string {
	if (!need.path) throw new Error(need.missing);
	return need.path;
}

/** `describe` for tests that need programs: skipped, with the reason in the name, where one is missing outside CI. */
export function describeWith(wanted: Need[], name: string, body: () => void): void {
	const missing = wanted.filter((need) => !need.path).map((need) => need.missing);
	if (missing.length === 0) {
		describe(name, body);
	} else if (process.env.CI) {
		describe(name, () => {
			test("has what it needs", () => {
				throw new Error(missing.join("\n"));
			});
		});
	} else {
		describe.skip(`${name} (${missing.join("; ")})`, body);
	}
}
