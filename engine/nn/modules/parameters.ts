import { quoted } from "../../core/signature";
import { Tensor } from "../../core/tensor";
import { Parameter } from "../parameter";
import { Module } from "./module";

/* Parameters in a list or by name, for a `forward` of one's own to use. */

function parameterOf(owner: string, name: string | number, value: unknown): Parameter {
	if (value instanceof Parameter) return value;
	if (value instanceof Tensor) return new Parameter(value);
	throw new TypeError(`[${owner}] ${name} must be a Parameter or a tensor, got ${quoted(value)}`);
}

const titled: Record<string, string> = { float32: "Float", float64: "Double", float16: "Half", bfloat16: "BFloat16" };

/** Parameters in an order: `list[0]`, `at(i)`, iteration. Tensors become Parameters. Keys are positions. */
export class ParameterList extends Module {
	[index: number]: Parameter;

	constructor(values: Iterable<Tensor> = []) {
		super();
		this.extend(values);
	}

	forward(): never {
		throw new Error('[ParameterList] is missing the required "forward" function: use the parameters in it');
	}

	/** Number of parameters. */
	override get length(): number {
		return this._parameters().length;
	}

	[Symbol.iterator](): Iterator<Parameter> {
		return this._parameters()
			.map(([, parameter]) => parameter)
			.values();
	}

	/** @internal */
	_position(index: number): number {
		const { length } = this;
		const at = index < 0 ? index + length : index;
		if (!Number.isInteger(index) || at < 0 || at >= length) {
			throw new RangeError(`[ParameterList] index ${quoted(index)} is out of range for ${length} parameters`);
		}
		return at;
	}

	/** The parameter at a position; negative ones count from the end. */
	at(index: number): Parameter {
		return this[this._position(index)]!;
	}

	/** Puts another parameter at a position. */
	set(index: number, value: Tensor): this {
		this[this._position(index)] = parameterOf("ParameterList", index, value);
		return this;
	}

	/** Adds a parameter at the end. */
	append(value: Tensor): this {
		this[this.length] = parameterOf("ParameterList", this.length, value);
		return this;
	}

	/** Adds parameters at the end. */
	extend(values: Iterable<Tensor>): this {
		for (const value of [...values]) this.append(value);
		return this;
	}

	/** Removes the last parameter and gives it back. */
	pop(): Parameter {
		const last = this._position(-1);
		const parameter = this[last]!;
		delete this[last];
		return parameter;
	}

	override extraRepr(): string {
		return [...this]
			.map(
				(parameter, i) => `  (${i}): Parameter containing: [${parameter.dtype} of size ${parameter.shape.join("x")}]`,
			)
			.join("\n");
	}
}

/** Parameters by name. Names are keys of the state dict as they stand; tensors become Parameters. */
export class ParameterDict extends Module {
	/** @internal */
	readonly _entries = new Map<string, Parameter>();

	constructor(parameters: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor> = {}) {
		super();
		this.update(parameters);
	}

	/** @internal */
	override _parameters(): [key: string, value: Parameter, property: string][] {
		return [...this._entries].map(([key, parameter]) => [key, parameter, key]);
	}

	/** @internal */
	override _setParameter(property: string, parameter: Parameter): void {
		this._entries.set(property, parameter);
	}

	forward(): never {
		throw new Error('[ParameterDict] is missing the required "forward" function: use the parameters in it');
	}

	/** Number of parameters. */
	override get length(): number {
		return this._entries.size;
	}

	/** The parameter of this name. */
	get(name: string): Parameter {
		const parameter = this._entries.get(name);
		if (parameter === undefined) {
			throw new RangeError(
				`[ParameterDict] no parameter ${JSON.stringify(name)} among ${[...this._entries.keys()].join(", ")}`,
			);
		}
		return parameter;
	}

	/** Adds a parameter, or puts another one under its name. */
	set(name: string, value: Tensor): this {
		if (name === "" || name.includes(".")) {
			throw new RangeError(`[ParameterDict] a name must not be empty or contain a dot, got ${JSON.stringify(name)}`);
		}
		this._entries.set(name, parameterOf("ParameterDict", name, value));
		return this;
	}

	has(name: string): boolean {
		return this._entries.has(name);
	}

	/** Removes the parameter of this name and gives it back. */
	pop(name: string): Parameter {
		const parameter = this.get(name);
		this._entries.delete(name);
		return parameter;
	}

	clear(): void {
		this._entries.clear();
	}

	/** Adds or replaces parameters. */
	update(parameters: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>): this {
		const pairs = parameters instanceof Map ? [...parameters] : Object.entries(parameters);
		for (const [name, value] of pairs) this.set(name, value);
		return this;
	}

	keys(): string[] {
		return [...this._entries.keys()];
	}

	values(): Parameter[] {
		return [...this._entries.values()];
	}

	/** Names with their parameters. */
	items(): [string, Parameter][] {
		return [...this._entries];
	}

	/** As `items`. */
	entries(): [string, Parameter][] {
		return this.items();
	}

	[Symbol.iterator](): Iterator<string> {
		return this._entries.keys();
	}

	override extraRepr(): string {
		return this.entries()
			.map(([name, parameter]) => {
				const title = titled[parameter.dtype.name] ?? parameter.dtype.name;
				return `  (${name}): Parameter containing: [torch.${title}Tensor of size ${parameter.shape.join("x")}]`;
			})
			.join("\n");
	}
}
