/** Any value that JSON can hold; what travels in a Jupyter message. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };

/**
 * One output in several forms, keyed by MIME type: the front end shows the richest that it knows.
 * `text/plain` is always there, so that a notebook reads on GitHub and in a terminal.
 */
export interface MimeBundle {
	"text/plain": string;
	[mimeType: string]: Json | undefined;
}

/** An object with this method is shown by what it returns (Deno's convention). */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as never;
