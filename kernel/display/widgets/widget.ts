import { type DisplayHandle, type DisplayOptions, display } from "../display";
import type { LooseBundle } from "../format";
import { currentHost } from "../host";
import { displaySymbol } from "../mime";
import { currentOutput } from "../output";
import { widgetClass } from "./define";
import { layoutTrait } from "./layout";
import { Model } from "./model";
import { stillOf } from "./still";
import { bool, list, nullable, text } from "./trait";

export const viewMimeType = "application/vnd.jupyter.widget-view+json";

/**
 * A widget that can be seen: as a cell's last expression, by `display(widget)`, or inside a box. Pages without ipywidgets'
 * front end, and exported ones, show what it stood at.
 */
export class Widget extends widgetClass(Model, {
	name: "DOMWidget",
	traits: {
		/** CSS classes that pages give it. */
		domClasses: { ...list(text()), key: "_dom_classes" },
		/** Size and place. */
		layout: layoutTrait,
		/** Whether the tabulator key reaches it. Default: as the page has it. */
		tabbable: nullable(bool(true)),
		/** Text that appears when the pointer rests on it. */
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
export const described = {
	/** Text beside the widget. */
	description: text(),
	/** Whether the description is HTML. Default false. */
	descriptionAllowHtml: bool(false),
};

/** Properties of widgets that a reader can change. */
export const enterable = {
	...described,
	/** Whether readers cannot change it. Default false. */
	disabled: bool(false),
};
