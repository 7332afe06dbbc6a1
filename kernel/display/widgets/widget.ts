import { type DisplayHandle, type DisplayOptions, display } from "../display";
import type { LooseBundle } from "../format";
import { currentHost } from "../host";
import { displaySymbol } from "../mime";
import { currentOutput } from "../output";
import { widgetClass } from "./define";
import { type Layout, layoutTrait } from "./layout";
import { Model } from "./model";
import { stillOf } from "./still";
import { bool, list, nullable, type TraitsOf, text } from "./trait";

export const viewMimeType = "application/vnd.jupyter.widget-view+json";

interface WidgetProperties {
	/** CSS classes that pages give it. */
	domClasses: readonly string[];
	/** Size and place, as CSS: `layout: { width: "50%" }`. */
	layout: Layout;
	/** Whether the tabulator key reaches it. Default: as the page has it. */
	tabbable: boolean | null;
	/** Text that appears when the pointer rests on it. */
	tooltip: string | null;
}

/**
 * A widget that can be seen: as a cell's last expression, by `display(widget)`, or inside a box. Pages without ipywidgets'
 * front end, and exported ones, show what it stood at.
 */
export class Widget extends widgetClass<Model, WidgetProperties>(Model, {
	name: "DOMWidget",
	traits: {
		domClasses: { ...list(text()), key: "_dom_classes" },
		layout: layoutTrait,
		tabbable: nullable(bool(true)),
		tooltip: nullable(text()),
	},
}) {
	/** Shows it in the output of the cell that is running. */
	show(options?: DisplayOptions): DisplayHandle {
		return display(this, options);
	}

	addClass(name: string): this {
		if (!this.domClasses.includes(name)) this.domClasses = [...this.domClasses, name];
		return this;
	}

	removeClass(name: string): this {
		this.domClasses = this.domClasses.filter((one) => one !== name);
		return this;
	}

	[displaySymbol](): LooseBundle {
		const bundle: LooseBundle = { "text/plain": this.toString(), "text/html": stillOf(this) };
		if (currentHost() === undefined || currentOutput()?.rich !== true) return bundle;
		this.open();
		return { ...bundle, [viewMimeType]: { version_major: 2, version_minor: 0, model_id: this.modelId } };
	}

	protected override ownParts(): Model[] {
		const style = this.property("style");
		return style instanceof Model ? [this.layout, style] : [this.layout];
	}
}

/** Properties of widgets with a text beside them. */
export interface Described {
	/** Text beside the widget. */
	description: string;
	/** Whether the description is HTML. Default false. */
	descriptionAllowHtml: boolean;
}

/** Properties of widgets that a reader can change. */
export interface Enterable extends Described {
	/** Whether readers cannot change it. Default false. */
	disabled: boolean;
}

export const described: TraitsOf<Described> = { description: text(), descriptionAllowHtml: bool(false) };
export const enterable: TraitsOf<Enterable> = { ...described, disabled: bool(false) };
