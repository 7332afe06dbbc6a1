import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installInto } from "../../../dist/kernel/install";

/** A folder where Jupyter's programs find this kernel, and an environment in which they neither read nor write the user's own. */
export function jupyterHome(): { folder: string; env: NodeJS.ProcessEnv; remove(): void } {
	const folder = mkdtempSync(join(tmpdir(), "gradbook-jupyter-"));
	installInto(folder);
	const env = {
		...process.env,
		JUPYTER_PATH: folder,
		JUPYTER_RUNTIME_DIR: folder,
		JUPYTER_CONFIG_DIR: folder,
		JUPYTER_DATA_DIR: folder,
		IPYTHONDIR: join(folder, "ipython"),
	};
	return { folder, env, remove: () => rmSync(folder, { recursive: true }) };
}
