/** The texts of some HTML, one for each element that holds any; styles and pictures left out. */
export function textOf(html: unknown): string[] {
	return String(html)
		.replace(/<style>[\s\S]*?<\/style>/g, "")
		.split(/<[^>]*>/)
		.map((text) => text.trim())
		.filter((text) => text !== "")
		.map((text) =>
			text.replace(
				/&(lt|gt|quot|#39|amp);/g,
				(_, name: string) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name]!,
			),
		);
}
