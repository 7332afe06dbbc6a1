/*
 * What the browser code of this folder uses of a page. The rest of the package is compiled without the browser's types,
 * so that no kernel code can use `document` by mistake; these few declarations stand in for them.
 */

export interface PageElement {
	readonly clientWidth: number;
	readonly isConnected: boolean;
	readonly style: Record<string, string>;
	readonly classList: { add(name: string): void };
	textContent: string | null;
	setAttribute(name: string, value: string): void;
	getAttribute(name: string): string | null;
	appendChild(child: PageElement): void;
	querySelector(selector: string): PageElement | null;
	replaceChildren(...children: PageElement[]): void;
}

export interface ScriptElement extends PageElement {
	src: string;
	onload: (() => void) | null;
	onerror: (() => void) | null;
}

export interface ImageElement extends PageElement {
	src: string;
	readonly width: number;
	readonly height: number;
	decode(): Promise<void>;
}

export interface CanvasElement extends PageElement {
	width: number;
	height: number;
	getContext(kind: "2d"): Drawing | null;
	toDataURL(type: string): string;
}

export interface Drawing {
	fillStyle: string;
	fillRect(x: number, y: number, width: number, height: number): void;
	drawImage(image: ImageElement | CanvasElement, x: number, y: number, width: number, height: number): void;
	getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
}

interface Page {
	readonly body: PageElement;
	readonly head: PageElement;
	readonly currentScript: ScriptElement | null;
	readonly readyState: string;
	createElement(tag: "script"): ScriptElement;
	createElement(tag: "img"): ImageElement;
	createElement(tag: "canvas"): CanvasElement;
	createElement(tag: string): PageElement;
	querySelectorAll(selector: string): Iterable<PageElement>;
	addEventListener(event: string, listener: () => void): void;
}

export interface Watcher {
	observe(target: PageElement, options?: object): void;
	disconnect(): void;
}

interface Browser {
	document: Page;
	getComputedStyle(element: PageElement): { getPropertyValue(name: string): string };
	matchMedia(query: string): { matches: boolean; addEventListener(event: "change", listener: () => void): void };
	addEventListener(event: string, listener: () => void): void;
	ResizeObserver: new (changed: () => void) => Watcher;
	MutationObserver: new (changed: () => void) => Watcher;
	DOMParser: new () => { parseFromString(text: string, type: "text/html"): { documentElement: PageElement } };
	XMLSerializer: new () => { serializeToString(node: PageElement): string };
	structuredClone<T>(value: T): T;
	Plotly?: Plotly;
}

/** The functions of plotly.js that are used here. */
export interface Plotly {
	react(node: PageElement, data: unknown[], layout: object, config: object): Promise<unknown>;
	purge(node: PageElement): void;
	toImage(figure: object, options: { format: "png"; width: number; height: number; scale: number }): Promise<string>;
	Plots: { resize(node: PageElement): Promise<unknown> | undefined };
}

export const browser = globalThis as unknown as Browser;
