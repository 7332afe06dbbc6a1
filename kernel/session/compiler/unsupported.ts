/** Something a cell may not do although TypeScript would let a module do it. */
export class UnsupportedInCell extends Error {
	constructor(
		message: string,
		readonly start: number,
		readonly end: number,
	) {
		super(message);
	}
}
