import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

/* Documentation of what types lose it for (scripts/document-types.mjs), in the declarations as they were built. */

const root = resolve(__dirname, "..", "..");

test("every public function and method of tensors is documented in the declarations, and so are the classes", async () => {
	const script = pathToFileURL(join(root, "scripts", "document-types.mjs")).href;
	const { documented } = (await import(script)) as {
		documented(): { changed: { file: string }[]; silent: string[] };
	};
	const { changed, silent } = documented();
	// The build has put everything where it belongs.
	expect(changed).toEqual([]);
	const torch = require(join(root, "dist", "engine", "index.js"));
	const isPublic = (name: string) =>
		name in torch || name in torch.nn.functional || name in torch.special || name in torch.Tensor.prototype;
	const publicNames = silent.filter((place) => isPublic(place.slice(place.search(/[\w$]+$/))));
	expect(publicNames).toEqual([]);
});
