import { protocolVersion } from "../wire/message";
import { array, boolean, dictionary, literal, object, string } from "../wire/shape";
import { handler } from "./handler";
import { typescriptVersion, version } from "./versions";

export const kernelInfo = handler({
	type: "kernel_info_request",
	content: object({}),
	reply: object({
		status: literal("ok"),
		protocol_version: string,
		implementation: string,
		implementation_version: string,
		language_info: object({
			name: string,
			version: string,
			mimetype: string,
			file_extension: string,
			codemirror_mode: dictionary,
			pygments_lexer: string,
			nbconvert_exporter: string,
		}),
		banner: string,
		help_links: array(object({ text: string, url: string })),
		supported_features: array(string),
		debugger: boolean,
	}),
	handle() {
		return {
			content: {
				status: "ok",
				protocol_version: protocolVersion,
				implementation: "gradbook",
				implementation_version: version(),
				language_info: {
					name: "typescript",
					version: typescriptVersion(),
					// JupyterLab finds its editor mode by the name in codemirror_mode, then by MIME type.
					mimetype: "text/typescript",
					file_extension: ".ts",
					codemirror_mode: { name: "typescript", mode: "typescript", typescript: true },
					pygments_lexer: "typescript",
					nbconvert_exporter: "script",
				},
				banner: `gradbook ${version()}: TypeScript ${typescriptVersion()} on Node ${process.versions.node}`,
				help_links: [
					{ text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/intro.html" },
					{ text: "Node.js API", url: "https://nodejs.org/docs/latest/api/" },
					{ text: "PyTorch reference (gradbook keeps its names)", url: "https://docs.pytorch.org/docs/stable/" },
				],
				supported_features: ["debugger", "kernel subshells"],
				debugger: true,
			},
		};
	},
});
