import { base, widgetClass } from "./define";
import { Model } from "./model";
import { nullable, reference, type Trait, text } from "./trait";

const css = () => nullable(text());

/** Size and place of a widget, as CSS. Null leaves a property to the page. */
export interface LayoutProperties {
	alignContent: string | null;
	alignItems: string | null;
	alignSelf: string | null;
	borderBottom: string | null;
	borderLeft: string | null;
	borderRight: string | null;
	borderTop: string | null;
	bottom: string | null;
	display: string | null;
	flex: string | null;
	flexFlow: string | null;
	gridArea: string | null;
	gridAutoColumns: string | null;
	gridAutoFlow: string | null;
	gridAutoRows: string | null;
	gridColumn: string | null;
	gridGap: string | null;
	gridRow: string | null;
	gridTemplateAreas: string | null;
	gridTemplateColumns: string | null;
	gridTemplateRows: string | null;
	height: string | null;
	justifyContent: string | null;
	justifyItems: string | null;
	left: string | null;
	margin: string | null;
	maxHeight: string | null;
	maxWidth: string | null;
	minHeight: string | null;
	minWidth: string | null;
	objectFit: string | null;
	objectPosition: string | null;
	order: string | null;
	overflow: string | null;
	padding: string | null;
	right: string | null;
	top: string | null;
	visibility: string | null;
	width: string | null;
}

/** Size and place of a widget, as CSS: `layout: { width: "50%" }`. Null leaves a property to the page. */
export class Layout extends widgetClass<Model, LayoutProperties>(Model, {
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
