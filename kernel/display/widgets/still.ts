import { escapeHtml } from "../escape";
import { css, seriesColours, wrongColour } from "../theme";
import type { Referred } from "./trait";

/*
 * What a widget stood at, as HTML without any script: for exported notebooks, and for pages that lack ipywidgets' front
 * end. Made of the states that pages would get.
 */

type State = Record<string, unknown>;
interface Stateful extends Referred {
	modelState(refer: (model: Referred) => void): State;
}
/** The state of a widget by the name that messages give it. */
type Find = (reference: unknown) => State | undefined;

export function stillOf(widget: Stateful): string {
	const states = new Map<string, State>();
	const collect = (model: Referred): void => {
		if (states.has(model.modelId)) return;
		// Before its parts are looked at, should they lead back to it.
		states.set(model.modelId, {});
		states.set(model.modelId, (model as Stateful).modelState(collect));
	};
	collect(widget);
	return stillHtml(widget.modelId, (id) => states.get(id));
}

/** The still of the widget `id`, with the states of all that belong to it. */
export function stillHtml(id: string, find: (id: string) => State | undefined): string {
	const byReference: Find = (reference) => find(String(reference).replace(/^IPY_MODEL_/, ""));
	return `${style}<div class="gradbook-widget">${still(find(id) ?? {}, byReference, 0)}</div>`;
}

const boxes: Record<string, string> = {
	BoxModel: "row",
	HBoxModel: "row",
	VBoxModel: "column",
	GridBoxModel: "row",
};
/** Boxes in boxes beyond which nothing is drawn; a box can lead back to itself. */
const deepest = 20;

function still(state: State, find: Find, depth: number): string {
	const model = String(state._model_name);
	const inner = (reference: unknown) => (depth > deepest ? "" : still(find(reference) ?? {}, find, depth + 1));
	const children = Array.isArray(state.children) ? (state.children as unknown[]) : [];
	if (model in boxes) return `<div class="${boxes[model]}">${children.map(inner).join("")}</div>`;
	switch (model) {
		case "TabModel":
		case "AccordionModel":
			return children
				.map((child, i) => `<section><h4>${text(titleOf(state, i))}</h4>${inner(child)}</section>`)
				.join("");
		case "StackModel":
			return state.selected_index === null ? "" : inner(children[Number(state.selected_index)]);
		case "OutputModel":
			return (Array.isArray(state.outputs) ? state.outputs : []).map(outputHtml).join("");
		case "HTMLModel":
		case "HTMLMathModel":
			return labelled(state, `<div>${String(state.value)}</div>`);
		case "LabelModel":
			return labelled(state, `<span>${text(state.value)}</span>`);
		case "ButtonModel":
			return `<span class="button">${text(state.description)}</span>`;
		case "ToggleButtonModel":
			return `<span class="button">${state.value === true ? "●" : "○"} ${text(state.description)}</span>`;
		case "CheckboxModel":
			return `<div class="line"><span>${state.value === true ? "☑" : "☐"} ${text(state.description)}</span></div>`;
		case "ImageModel":
			return imageHtml(state);
		case "PasswordModel":
			return labelled(state, field("•".repeat(String(state.value ?? "").length)));
		case "IntProgressModel":
		case "FloatProgressModel":
			return labelled(state, progressHtml(state));
		case "PlayModel":
			return labelled(state, `<span class="button">▶</span> ${field(state.value)}`);
		case "ColorPickerModel":
			return labelled(state, `<i class="colour" style="background:${text(state.value)}"></i>${field(state.value)}`);
	}
	if (Array.isArray(state._options_labels)) return labelled(state, optionsHtml(state));
	return labelled(state, field(valueText(state)));
}

const text = (value: unknown) => escapeHtml(String(value ?? ""));
const field = (value: unknown) => `<span class="field">${text(value)}</span>`;
const titleOf = ({ titles }: State, i: number) => (Array.isArray(titles) ? titles[i] : undefined) ?? `${i + 1}`;

function labelled(state: State, html: string): string {
	const label = state.description ? `<span class="label">${text(state.description)}</span>` : "";
	return `<div class="line">${label}${html}</div>`;
}

function valueText({ value, min, max, _model_name: model }: State): string {
	if (value !== null && typeof value === "object") {
		if (Array.isArray(value)) return value.join(" to ");
		const { year, month, date } = value as { year?: number; month?: number; date?: number };
		if (year !== undefined) return new Date(Date.UTC(year, month!, date)).toISOString().slice(0, 10);
	}
	const limits = /Slider/.test(String(model)) && !/Log/.test(String(model)) ? ` (${min} to ${max})` : "";
	return `${value ?? ""}${limits}`;
}

function optionsHtml({ _options_labels: labels, index }: State): string {
	const chosen = new Set([index].flat());
	const option = (label: unknown, i: number) =>
		chosen.has(i) ? field(label) : `<span class="other">${text(label)}</span>`;
	return (labels as unknown[]).slice(0, mostOptions).map(option).join(" ");
}

const mostOptions = 30;

function progressHtml({ value, min, max }: State): string {
	const [now, low, high] = [Number(value), Number(min), Number(max)];
	const share = high > low ? Math.round((100 * (now - low)) / (high - low)) : 0;
	return `<span class="bar"><i style="width:${share}%"></i></span><span>${text(value)}</span>`;
}

function imageHtml({ value, format, width, height }: State): string {
	if (!(value instanceof Uint8Array) || value.length === 0) return "";
	const type = /^[\w+.-]+$/.test(String(format)) ? `image/${format}` : "image/png";
	const source =
		format === "url" ? Buffer.from(value).toString() : `data:${type};base64,${Buffer.from(value).toString("base64")}`;
	const size = [width ? ` width="${text(width)}"` : "", height ? ` height="${text(height)}"` : ""].join("");
	return `<img src="${text(source)}" alt=""${size}>`;
}

function outputHtml(output: State): string {
	if (output.output_type === "stream") return `<pre>${text(output.text)}</pre>`;
	if (output.output_type === "error") return `<pre class="error">${text(output.ename)}: ${text(output.evalue)}</pre>`;
	const data = (output.data ?? {}) as Record<string, unknown>;
	if (typeof data["text/html"] === "string") return `<div>${data["text/html"]}</div>`;
	const image = ["png", "jpeg", "gif"].find((format) => typeof data[`image/${format}`] === "string");
	if (image !== undefined)
		return `<img src="data:image/${image};base64,${text(data[`image/${image}`])}" alt="${text(data["text/plain"])}">`;
	if (typeof data["image/svg+xml"] === "string") {
		const source = Buffer.from(data["image/svg+xml"]).toString("base64");
		return `<img src="data:image/svg+xml;base64,${source}" alt="${text(data["text/plain"])}">`;
	}
	return `<pre>${text(data["text/plain"])}</pre>`;
}

const style = `<style>
.gradbook-widget{color:${css.text};font-family:${css.font};font-size:${css.fontSize};line-height:1.6}
.gradbook-widget .row{display:flex;flex-wrap:wrap;gap:4px 16px}
.gradbook-widget .line{margin:2px 0}
.gradbook-widget .label{margin-right:8px;color:${css.mutedText}}
.gradbook-widget .field,.gradbook-widget .button{border:1px solid ${css.line};border-radius:3px;padding:0 6px;white-space:pre-wrap}
.gradbook-widget .button{background:${css.faint}}
.gradbook-widget .other{color:${css.mutedText};margin:0 2px}
.gradbook-widget .bar{display:inline-block;width:160px;height:8px;margin-right:8px;background:${css.faint};vertical-align:middle}
.gradbook-widget .bar i{display:block;height:100%;background:${seriesColours[0]}}
.gradbook-widget .colour{display:inline-block;width:1em;height:1em;margin-right:6px;vertical-align:middle}
.gradbook-widget h4{margin:6px 0 2px}
.gradbook-widget pre{margin:2px 0;font-family:${css.codeFont}}
.gradbook-widget .error{color:${wrongColour}}
</style>`;
