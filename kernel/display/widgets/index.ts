/** ipywidgets from TypeScript: the same classes, names and properties, with camelCase for snake_case. */
export { type Abbreviation, Fixed, fixed, type ValueFor, type ValueWidget } from "./abbreviations";
export { Accordion, Box, GridBox, HBox, Stack, Tab, VBox } from "./boxes";
export { Button, Checkbox, ColorPicker, DatePicker, Image, ToggleButton, Valid } from "./controls";
export {
	type Controls,
	type ControlValues,
	type ControlWidgets,
	type Interaction,
	Interactive,
	type InteractOptions,
	interact,
	interactive,
} from "./interact";
export { Layout } from "./layout";
export { DirectionalLink, dlink, jsdlink, jslink, Link, link, type Property } from "./link";
export { type Change, Model } from "./model";
export {
	BoundedFloatText,
	BoundedIntText,
	FloatLogSlider,
	FloatProgress,
	FloatRangeSlider,
	FloatSlider,
	FloatText,
	IntProgress,
	IntRangeSlider,
	IntSlider,
	IntText,
	Play,
} from "./numbers";
export { Output, type OutputItem } from "./output";
export { closeAllWidgets, openWidgets } from "./registry";
export {
	Dropdown,
	type OptionList,
	RadioButtons,
	Select,
	SelectionRangeSlider,
	SelectionSlider,
	SelectMultiple,
	ToggleButtons,
	type ValueOf,
} from "./selection";
export { Combobox, HTML, HTMLMath, Label, Password, Text, Textarea } from "./strings";
export { viewMimeType, Widget } from "./widget";
