import { View } from "./display";
import { escapeHtml } from "./escape";
import { encodePng, type Pixels } from "./png";

/** HTML as it stands: nothing in it is escaped. Text beside it: `alt`, or the HTML without its tags. */
export function html(source: string, { alt = textOfHtml(source) }: { alt?: string } = {}): View {
	return new View({ "text/plain": alt, "text/html": source });
}

/** Markdown, as in a text cell; formulas between `$` or `$$`. */
export function markdown(source: string): View {
	return new View({ "text/plain": source, "text/markdown": source });
}

/** An SVG picture. Throws where the text is no `<svg>` element. */
export function svg(source: string, { alt = "SVG image" }: { alt?: string } = {}): View {
	if (!/<svg[\s>]/.test(source)) throw new TypeError(`[svg] expected an <svg> element, found "${source.slice(0, 40)}"`);
	return new View({ "text/plain": alt, "image/svg+xml": source });
}

/** An image as browsers and canvas libraries hold it: RGBA, 8 bits a channel. */
export interface ImageDataLike {
	width: number;
	height: number;
	data: Uint8ClampedArray | Uint8Array;
}

export interface ImageOptions {
	/** Size on the page in pixels. Default: the image's own. */
	width?: number;
	height?: number;
	/** What the picture shows, for readers who do not see it. */
	alt?: string;
}

/**
 * A picture from the bytes of a PNG, JPEG, GIF or WebP file, or from pixels (`channels` 1 to 4; RGBA without it).
 * Throws a TypeError for bytes of any other kind.
 */
export function image(source: Uint8Array | Pixels | ImageDataLike, { width, height, alt }: ImageOptions = {}): View {
	const { bytes, type } =
		source instanceof Uint8Array ? recognise(source) : { bytes: pixelsToPng(source), type: "png" };
	const kind = `image/${type}`;
	const data = Buffer.from(bytes).toString("base64");
	const text =
		alt ?? `${type.toUpperCase()} image${"width" in source ? ` of ${source.width} × ${source.height} pixels` : ""}`;
	if (type === "webp" || width !== undefined || height !== undefined || alt !== undefined) {
		// A bare image type has no place for a size that every front end honours, nor for a text alternative.
		const size = `${width === undefined ? "" : ` width="${width}"`}${height === undefined ? "" : ` height="${height}"`}`;
		const element = `<img src="data:${kind};base64,${data}" alt="${escapeHtml(text)}"${size}>`;
		return new View({ "text/plain": text, "text/html": element });
	}
	return new View({ "text/plain": text, [kind]: data });
}

function pixelsToPng(source: Pixels | ImageDataLike): Buffer {
	return encodePng({ ...source, channels: "channels" in source ? source.channels : 4 });
}

function recognise(bytes: Uint8Array): { bytes: Uint8Array; type: string } {
	const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
	if (start.startsWith("\x89PNG")) return { bytes, type: "png" };
	if (start.startsWith("\xff\xd8\xff")) return { bytes, type: "jpeg" };
	if (start.startsWith("GIF8")) return { bytes, type: "gif" };
	if (start.startsWith("RIFF") && start.slice(8) === "WEBP") return { bytes, type: "webp" };
	throw new TypeError(
		`[image] the ${bytes.length} bytes are no PNG, JPEG, GIF or WebP file; pass {width, height, channels, data} for pixels`,
	);
}

function textOfHtml(source: string): string {
	const text = source
		.replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, "")
		.replace(/<[^>]*>/g, " ")
		.replace(
			/&(lt|gt|quot|#39|amp);/g,
			(_, name: string) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name]!,
		)
		.replace(/\s+/g, " ")
		.trim();
	return text === "" ? "HTML" : text;
}
