import { base, type WidgetClass, widgetClass } from "./define";
import { Model } from "./model";
import { nullable, reference, type Trait, type Traits, text, type Values } from "./trait";

const css = () => nullable(text());

const description = {
	/** CSS width of the description; "initial" for as wide as it is. Default: the page's. */
	descriptionWidth: text(),
};
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

function styleClass<T extends Traits>(name: string, traits: T): WidgetClass<Model, T, never> {
	return widgetClass<Model, T>(Model, { name, view: "StyleView", viewModule: base, traits });
}

/** Colours and fonts, by the names of ipywidgets' styles. Null leaves a property to the page. */
export const styles = {
	Slider: styleClass("SliderStyle", { ...description, handleColor: css() }),
	Progress: styleClass("ProgressStyle", { ...description, barColor: css() }),
	Description: styleClass("DescriptionStyle", description),
	ToggleButton: styleClass("ToggleButtonStyle", { ...description, ...font }),
	ToggleButtons: styleClass("ToggleButtonsStyle", { ...description, buttonWidth: text(), fontWeight: text() }),
	Checkbox: styleClass("CheckboxStyle", { ...description, background: css() }),
	Button: styleClass("ButtonStyle", { ...font, buttonColor: css() }),
	Text: styleClass("TextStyle", { ...description, ...textFont }),
	HTML: styleClass("HTMLStyle", { ...description, ...textFont }),
	HTMLMath: styleClass("HTMLMathStyle", { ...description, ...textFont }),
	Label: styleClass("LabelStyle", { ...description, ...font, background: css() }),
};
type Styles = typeof styles;

/** The style of a widget: a style of this kind, or its properties. */
export function style<K extends keyof Styles>(kind: K): Trait<InstanceType<Styles[K]>> {
	const Style = styles[kind] as unknown as new (options?: object) => Model & Values<Traits>;
	const is = (value: unknown) => value instanceof Style;
	const make = (options?: object) => new Style(options);
	return reference<Model>(`a ${kind}Style or its properties`, is, make, make) as Trait<any>;
}
