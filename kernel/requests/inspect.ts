import type { MimeBundle } from "../display/mime";
import { boolean, dictionary, integer, literal, object, optional, string } from "../wire/shape";
import type { Page } from "./contract";
import { handler } from "./handler";
import type { Kernel } from "./kernel";

export const inspect = handler({
	type: "inspect_request",
	content: object({ code: string, cursor_pos: integer, detail_level: optional(literal(0, 1)) }),
	reply: object({ status: literal("ok"), found: boolean, data: dictionary, metadata: dictionary }),
	async handle({ content: { code, cursor_pos: cursor, detail_level: detail = 0 } }, kernel) {
		const bundle = await kernel.compiler.inspect(code, cursor, detail);
		if (bundle === undefined) return { content: { status: "ok", found: false, data: {}, metadata: {} } };
		// While a cell runs its values change, and the thread that has them does not answer: types only.
		const value = kernel.executions.size > 0 ? undefined : kernel.compiler.valueAt(code, cursor);
		const data = await withValue({ bundle, value }, kernel);
		return { content: { status: "ok", found: true, data, metadata: {} } };
	},
});

/** What is known of a name, with the text of its value below, where it has one. */
export async function withValue({ bundle, value: path }: Page, kernel: Kernel): Promise<MimeBundle> {
	const value = path === undefined ? undefined : await kernel.runner.value(path);
	if (value === undefined) return bundle;
	const { "text/plain": plain, "text/markdown": markdown } = bundle;
	return {
		...bundle,
		"text/plain": `${plain}\n\nValue:\n${value}`,
		...(typeof markdown === "string" ? { "text/markdown": `${markdown}\n\nValue:\n\`\`\`text\n${value}\n\`\`\`` } : {}),
	};
}
