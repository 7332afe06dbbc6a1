import { widgetClass } from "./define";
import { choice, int, list, nullable, reference, type TraitsOf, text } from "./trait";
import { Widget } from "./widget";

const noDefault = (): Widget => {
	throw new TypeError("[widgets] a box has no child by default");
};

interface BoxProperties {
	/** The widgets inside, in order. */
	children: readonly Widget[];
	/** The page's colours for a kind of box. */
	boxStyle: "" | "success" | "info" | "warning" | "danger";
}
interface PagesProperties extends BoxProperties {
	/** Place of the child that is seen; null for none. */
	selectedIndex: number | null;
	/** Titles of the children. */
	titles: readonly string[];
}

const box: TraitsOf<BoxProperties> = {
	children: list(reference<Widget>("a widget", (value) => value instanceof Widget, noDefault)),
	boxStyle: choice("", "success", "info", "warning", "danger"),
};

/** Widgets in a row that wraps as `layout` says. Closing a box leaves its children open. */
export class Box extends widgetClass<Widget, BoxProperties, "children">(Widget, {
	name: "Box",
	lead: "children",
	traits: box,
}) {}

/** Widgets side by side. */
export class HBox extends widgetClass<Widget, BoxProperties, "children">(Widget, {
	name: "HBox",
	lead: "children",
	traits: box,
}) {}

/** Widgets below one another. */
export class VBox extends widgetClass<Widget, BoxProperties, "children">(Widget, {
	name: "VBox",
	lead: "children",
	traits: box,
}) {}

/** Widgets in the cells of a grid: `layout: { gridTemplateColumns: "1fr 1fr" }`. */
export class GridBox extends widgetClass<Widget, BoxProperties, "children">(Widget, {
	name: "GridBox",
	lead: "children",
	traits: box,
}) {}

type State = Record<string, any>;

/** Pages of which one is seen. */
class Pages extends Widget {
	protected override settle(next: State, given: ReadonlySet<string>, _first: boolean): void {
		const count: number = next.children.length;
		// As many titles as pages.
		if (next.titles.length !== count) next.titles = Array.from({ length: count }, (_, i) => next.titles[i] ?? "");
		const index: number | null = next.selectedIndex;
		if (index === null || (index >= 0 && index < count)) return;
		if (given.has("selectedIndex")) {
			const name = this.kind.name;
			throw new RangeError(`[${name}] selectedIndex: expected null or an index below ${count}, got ${index}`);
		}
		next.selectedIndex = this.remaining(count);
	}

	/** The page to show where the one that was shown is gone. */
	protected remaining(_count: number): number | null {
		return null;
	}
}

const pages: TraitsOf<PagesProperties> = { ...box, selectedIndex: nullable(int(0)), titles: list(text()) };

/** Pages with tabs. */
export class Tab extends widgetClass<Pages, PagesProperties, "children">(Pages, {
	name: "Tab",
	lead: "children",
	traits: pages,
}) {
	protected override settle(next: State, given: ReadonlySet<string>, first: boolean): void {
		super.settle(next, given, first);
		if (next.children.length === 0) next.selectedIndex = null;
		else if (next.selectedIndex === null && !(given.has("selectedIndex") && !first)) next.selectedIndex = 0;
	}

	protected override remaining(count: number): number | null {
		return count === 0 ? null : count - 1;
	}
}

/** Pages below one another, of which one at most is open. */
export class Accordion extends widgetClass<Pages, PagesProperties, "children">(Pages, {
	name: "Accordion",
	lead: "children",
	traits: pages,
}) {}

/** Pages of which only the selected one is there. */
export class Stack extends widgetClass<Pages, PagesProperties, "children">(Pages, {
	name: "Stack",
	lead: "children",
	traits: pages,
}) {}
