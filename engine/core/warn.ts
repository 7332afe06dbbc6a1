/** Tells the user of something that is probably a mistake, at once, so that it stands under the cell that did it. */
export function warn(message: string): void {
	console.warn(`UserWarning: ${message}`);
}
