import { ending } from "../format";
import { inspectText } from "../inspect";
import { widgetClass } from "./define";
import { Model, type PropertyOf } from "./model";
import { expected, referenceTo, same, snakeCase, type Trait } from "./trait";

/** A widget's property: `[slider, "value"]`. */
export type Property<W extends Model = Model> = readonly [widget: W, name: PropertyOf<W>];

function property(): Trait<Property> {
	return {
		initial: () => {
			throw new TypeError("[Link] a link has no property by default");
		},
		check(value, where) {
			const [widget, name] = Array.isArray(value) ? (value as unknown[]) : [];
			if (!(widget instanceof Model) || typeof name !== "string") throw expected(where, '[widget, "property"]', value);
			checkProperty([widget, name as never], where);
			return [widget, name as never];
		},
		toJson([widget, name], refer) {
			refer(widget);
			return [referenceTo(widget), widget.kind.traits[name]?.key ?? snakeCase(name)];
		},
	};
}

function checkProperty([widget, name]: Property, where: string): void {
	const { kind } = widget;
	const trait = Object.hasOwn(kind.traits, name) ? kind.traits[name] : undefined;
	if (trait === undefined) throw new TypeError(`${where}: ${kind.name} has no property ${inspectText(name)}`);
	if (trait.synced === false) throw new TypeError(`${where}: pages do not know ${inspectText(name)} of ${kind.name}`);
}

interface Ends {
	source: Property;
	target: Property;
}

/** Two properties that pages keep equal. Made by `jslink`. */
export class Link extends widgetClass<Model, Ends>(Model, {
	name: "Link",
	view: null,
	traits: { source: property(), target: property() },
}) {
	/** Ends the link. */
	unlink(): void {
		this.close();
	}

	override toString(): string {
		return linkText(this);
	}
}

/** A property that pages copy to another. Made by `jsdlink`. */
export class DirectionalLink extends widgetClass<Model, Ends>(Model, {
	name: "DirectionalLink",
	view: null,
	traits: { source: property(), target: property() },
}) {
	/** Ends the link. */
	unlink(): void {
		this.close();
	}

	override toString(): string {
		return linkText(this);
	}
}

function linkText({ kind, source, target }: Model & Ends): string {
	const text = ([widget, name]: Property) => `${widget.kind.name}.${name}`;
	return `${kind.name}(${text(source)}, ${text(target)})`;
}

/** Keeps two properties equal in the pages, without a way through the kernel: `jslink([play, "value"], [slider, "value"])`. */
export function jslink<A extends Model, B extends Model>(source: Property<A>, target: Property<B>): Link {
	return opened(new Link({ source, target } as never), source[0], target[0]);
}

/** Copies each change of one property to another in the pages, without a way through the kernel. */
export function jsdlink<A extends Model, B extends Model>(source: Property<A>, target: Property<B>): DirectionalLink {
	return opened(new DirectionalLink({ source, target } as never), source[0], target[0]);
}

function opened<L extends Model>(made: L, ...ends: Model[]): L {
	for (const widget of ends) widget.attach(made);
	made.open();
	return made;
}

/** Keeps two properties equal, in the kernel; the second takes the first one's value. Returns a function that ends it. */
export function link<A extends Model, B extends Model>(source: Property<A>, target: Property<B>): () => void {
	const ends = [dlink(source, target), dlink(target, source)];
	return ending(() => {
		for (const end of ends) end();
	});
}

/**
 * Copies one property to another, now and at each change, in the kernel; `transform` may make another value of it.
 * Returns a function that ends it.
 */
export function dlink<A extends Model, B extends Model>(
	[source, from]: Property<A>,
	[target, to]: Property<B>,
	transform: (value: any) => unknown = (value) => value,
): () => void {
	const copy = () => {
		const value = transform(source[from]);
		if (!same(value, target[to])) target.set({ [to]: value } as never);
	};
	copy();
	source.observe(copy, from as never);
	return ending(() => source.unobserve(copy, from as never));
}
