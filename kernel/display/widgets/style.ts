import { base, type WidgetClass, widgetClass } from "./define";
import { Model } from "./model";
import { nullable, reference, type Trait, type TraitsOf, text } from "./trait";

/* Colours and fonts of widgets, as CSS. Null leaves a property to the page. */

interface DescriptionStyle {
	/** CSS width of the description; "initial" for as wide as it is. Default: the page's. */
	descriptionWidth: string;
}
interface TextFont {
	background: string | null;
	fontSize: string | null;
	textColor: string | null;
}
interface Font {
	fontFamily: string | null;
	fontSize: string | null;
	fontStyle: string | null;
	fontVariant: string | null;
	fontWeight: string | null;
	textColor: string | null;
	textDecoration: string | null;
}
interface SliderStyle extends DescriptionStyle {
	/** Colour of the handle. */
	handleColor: string | null;
}
interface ProgressStyle extends DescriptionStyle {
	/** Colour of the filled part. */
	barColor: string | null;
}
interface ToggleButtonStyle extends DescriptionStyle, Font {}
interface ToggleButtonsStyle extends DescriptionStyle {
	/** CSS width of each button. */
	buttonWidth: string;
	fontWeight: string;
}
interface CheckboxStyle extends DescriptionStyle {
	background: string | null;
}
interface ButtonStyle extends Font {
	/** Colour of the button. */
	buttonColor: string | null;
}
interface TextStyle extends DescriptionStyle, TextFont {}
interface LabelStyle extends DescriptionStyle, Font {
	background: string | null;
}

/** The properties of each kind of style. */
interface StyleProperties {
	Slider: SliderStyle;
	Progress: ProgressStyle;
	Description: DescriptionStyle;
	ToggleButton: ToggleButtonStyle;
	ToggleButtons: ToggleButtonsStyle;
	Checkbox: CheckboxStyle;
	Button: ButtonStyle;
	Text: TextStyle;
	HTML: TextStyle;
	HTMLMath: TextStyle;
	Label: LabelStyle;
}
type StyleKind = keyof StyleProperties;
export type Style<K extends StyleKind> = Model & StyleProperties[K];

const css = () => nullable(text());
const description = { descriptionWidth: text() };
const textFont = { background: css(), fontSize: css(), textColor: css() };
const font = {
	fontFamily: css(),
	fontSize: css(),
	fontStyle: css(),
	fontVariant: css(),
	fontWeight: css(),
	textColor: css(),
	textDecoration: css(),
};
const traits: { [K in StyleKind]: TraitsOf<StyleProperties[K]> } = {
	Slider: { ...description, handleColor: css() },
	Progress: { ...description, barColor: css() },
	Description: description,
	ToggleButton: { ...description, ...font },
	ToggleButtons: { ...description, buttonWidth: text(), fontWeight: text() },
	Checkbox: { ...description, background: css() },
	Button: { ...font, buttonColor: css() },
	Text: { ...description, ...textFont },
	HTML: { ...description, ...textFont },
	HTMLMath: { ...description, ...textFont },
	Label: { ...description, ...font, background: css() },
};

const classes = new Map<StyleKind, WidgetClass<Model, object, never>>();

function styleClass(kind: StyleKind): WidgetClass<Model, object, never> {
	let made = classes.get(kind);
	if (made === undefined) {
		const definition = { name: `${kind}Style`, view: "StyleView", viewModule: base, traits: traits[kind] };
		made = widgetClass<Model, object>(Model, definition);
		classes.set(kind, made);
	}
	return made;
}

/** The style of a widget: a style of this kind, or its properties. */
export function style<K extends StyleKind>(kind: K): Trait<Style<K>> {
	const Class = styleClass(kind);
	const is = (value: unknown) => value instanceof Class;
	const make = (options?: object) => new Class(options);
	return reference<Model>(`a ${kind}Style or its properties`, is, make, make) as Trait<any>;
}
