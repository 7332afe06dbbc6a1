import type { Model, ModelKind, PropertyOf } from "./model";
import { isPlainObject, type Traits, type TraitsOf } from "./trait";

/** Properties to begin with. Where one is a widget's layout or style, its own properties may stand in its place. */
export type Options<W> = {
	[K in PropertyOf<W>]?: W[K] extends Model ? W[K] | { [P in PropertyOf<W[K]>]?: W[K][P] } : W[K];
};

/** A class of widgets with these properties; that named `L` may stand before the options. */
export interface WidgetClass<B extends Model, P, L extends keyof P> {
	new (lead: P[L], options?: Options<B & P>): B & P;
	// The last one is what the compiler names where none fits.
	new (options?: Options<B & P>): B & P;
}

type Base<B extends Model> = abstract new (given: Record<string, unknown>) => B;

export interface Definition<P, L> {
	/** Name of the class; the page's model has it too, with "Model" behind. */
	name: string;
	/** The page's view. Default: the class's name with "View" behind. */
	view?: string | null;
	/** The page's model, where its name does not follow from the class's. */
	model?: string;
	traits: TraitsOf<P>;
	/** The property that may stand before the options, as in `new Label("text")`. */
	lead?: L;
	/** The part of ipywidgets' front end that has model and view. Default: its controls. */
	module?: WidgetModule;
	/** Where that part is another for the view. */
	viewModule?: WidgetModule;
}

/** Parts of ipywidgets' front end, with the versions of their models' states. */
export const controls = { name: "@jupyter-widgets/controls", version: "2.0.0" } as const;
export const base = { name: "@jupyter-widgets/base", version: "2.0.0" } as const;
export const outputArea = { name: "@jupyter-widgets/output", version: "1.0.0" } as const;
type WidgetModule = typeof controls | typeof base | typeof outputArea;

/** Makes a class of widgets: its properties are checked when they are set, and travel to and from pages. */
export function widgetClass<B extends Model, P, L extends keyof P & string = never>(
	parent: Base<B>,
	definition: Definition<P, L>,
): WidgetClass<B, P, L> {
	const { name, lead, module = controls, viewModule = module } = definition;
	const inherited = (parent.prototype as { kind?: ModelKind }).kind?.traits ?? {};
	const kind: ModelKind = {
		name,
		model: definition.model ?? `${name}Model`,
		view: definition.view === undefined ? `${name}View` : definition.view,
		module: module.name,
		version: module.version,
		viewModule: viewModule.name,
		viewVersion: viewModule.version,
		traits: { ...inherited, ...(definition.traits as Traits) },
		lead,
	};
	const made = class extends (parent as Base<Model>) {
		constructor(...given: unknown[]) {
			super(optionsOf(kind, given));
		}
	};
	Object.defineProperty(made.prototype, "kind", { value: kind });
	for (const property of Object.keys(definition.traits)) {
		Object.defineProperty(made.prototype, property, {
			configurable: true,
			get(this: Model) {
				return this.property(property);
			},
			set(this: Model, value: unknown) {
				if (value === undefined) throw new TypeError(`[${kind.name}] ${property}: expected a value, got undefined`);
				this.set({ [property]: value } as never);
			},
		});
	}
	return made as unknown as WidgetClass<B, P, L>;
}

function optionsOf({ name, lead }: ModelKind, given: unknown[]): Record<string, unknown> {
	const [first, second] = given;
	if (given.length === 0 || first === undefined) return (second as Record<string, unknown>) ?? {};
	if (isPlainObject(first) && second === undefined) return first;
	if (lead === undefined) throw new TypeError(`[${name}] expected an object of options first`);
	return { [lead]: first, ...(second as Record<string, unknown> | undefined) };
}
