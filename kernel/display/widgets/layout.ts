import { base, widgetClass } from "./define";
import { Model } from "./model";
import { nullable, reference, type Trait, text } from "./trait";

const css = () => nullable(text());

/** Size and place of a widget, as CSS: `layout: { width: "50%" }`. Null leaves a property to the page. */
export class Layout extends widgetClass(Model, {
	name: "Layout",
	module: base,
	traits: {
		alignContent: css(),
		alignItems: css(),
		alignSelf: css(),
		borderBottom: css(),
		borderLeft: css(),
		borderRight: css(),
		borderTop: css(),
		bottom: css(),
		display: css(),
		flex: css(),
		flexFlow: css(),
		gridArea: css(),
		gridAutoColumns: css(),
		gridAutoFlow: css(),
		gridAutoRows: css(),
		gridColumn: css(),
		gridGap: css(),
		gridRow: css(),
		gridTemplateAreas: css(),
		gridTemplateColumns: css(),
		gridTemplateRows: css(),
		height: css(),
		justifyContent: css(),
		justifyItems: css(),
		left: css(),
		margin: css(),
		maxHeight: css(),
		maxWidth: css(),
		minHeight: css(),
		minWidth: css(),
		objectFit: css(),
		objectPosition: css(),
		order: css(),
		overflow: css(),
		padding: css(),
		right: css(),
		top: css(),
		visibility: css(),
		width: css(),
	},
}) {}

export const layoutTrait: Trait<Layout> = reference(
	"a Layout or its properties",
	(value) => value instanceof Layout,
	() => new Layout(),
	(options) => new Layout(options),
);
