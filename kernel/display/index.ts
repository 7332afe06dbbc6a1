/** What a cell shows: values in several forms, updates, tables, figures, progress. Knows nothing of the engine. */
export {
	type BufferSource,
	type Comm,
	type CommMessage,
	type CommSendOptions,
	openComm,
	registerTarget,
} from "./comm";
export {
	clearOutput,
	type DisplayHandle,
	type DisplayOptions,
	display,
	updateDisplay,
	View,
} from "./display";
export { Figure, type PlotOptions, plot, plotlyMimeType } from "./figure/figure";
export type { Config, Data, Layout, PlotLayout, Trace } from "./figure/types";
export { formatResult, formatValue, type LooseBundle, registerRenderer } from "./format";
export { flushOutput } from "./live";
export { html, type ImageDataLike, type ImageOptions, image, markdown, svg } from "./media";
export { displaySymbol, type Json, type MimeBundle } from "./mime";
export { currentOutput, type Output as OutputTarget, withOutput } from "./output";
export { encodePng, type Pixels } from "./png";
export { type Bar, type ProgressOptions, progress, progressBar } from "./progress";
export { type Row, type TableOptions, table } from "./table";
export { seriesColour, seriesColours } from "./theme";
// `widgets.Layout` is not among them: the name alone is Plotly's.
export * as widgets from "./widgets";
export {
	Accordion,
	BoundedFloatText,
	BoundedIntText,
	Box,
	Button,
	type Change,
	Checkbox,
	ColorPicker,
	Combobox,
	closeAllWidgets,
	DatePicker,
	Dropdown,
	dlink,
	FloatLogSlider,
	FloatProgress,
	FloatRangeSlider,
	FloatSlider,
	FloatText,
	fixed,
	GridBox,
	HBox,
	HTML,
	HTMLMath,
	Image,
	type Interaction,
	Interactive,
	type InteractOptions,
	IntProgress,
	IntRangeSlider,
	IntSlider,
	IntText,
	interact,
	interactive,
	jsdlink,
	jslink,
	Label,
	link,
	Output,
	Password,
	Play,
	RadioButtons,
	Select,
	SelectionRangeSlider,
	SelectionSlider,
	SelectMultiple,
	Stack,
	Tab,
	Text,
	Textarea,
	ToggleButton,
	ToggleButtons,
	Valid,
	VBox,
	Widget,
} from "./widgets";
