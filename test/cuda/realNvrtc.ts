import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** libnvrtc of the tests' Python, where it is installed (PyPI's nvidia-cuda-nvrtc, of requirements-test.txt). */
export function realNvrtc(): string | undefined {
	const python = process.env.GRADBOOK_PYTHON ?? join(__dirname, "..", "..", ".venv", "bin", "python");
	const lib = join(python, "..", "..", "lib");
	const folders = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith("python3")) : [];
	return folders
		.map((name) => join(lib, name, "site-packages", "nvidia", "cu13", "lib", "libnvrtc.so.13"))
		.find((file) => existsSync(file));
}
