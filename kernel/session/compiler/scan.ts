import { declareLexical, declareTop, type TopLevel, variableNames } from "./declarations";
import { bindings, isAnonymousFunction, type Node, withoutTypes } from "./syntax";

/*
 * Which names a program declares at its top level, and where its code refers to names of the top level or from outside:
 * everything that is not declared by an inner function, block, class or catch clause. Types are skipped.
 */

export interface Reference {
	name: string;
	node: Node;
	/** `call`: called or used as a template's tag, so that no `this` may appear. `shorthand`: `{name}` stands for `{name: name}`. */
	use: "plain" | "call" | "shorthand";
}

export interface Scan extends TopLevel {
	references: Reference[];
	/** Declarations of variables that belong to the top level, `var` of inner blocks among them, each with its parent. */
	variables: { node: Node; parent: Node }[];
	/** Assignments of anonymous functions to identifiers that are not declared by an inner scope. */
	naming: { name: string; value: Node }[];
	importMeta: Node[];
	dynamicImports: Node[];
	/** Every `await` expression, and every loop by `for await`, with whether it stands in a function. */
	awaits: { node: Node; inFunction: boolean }[];
	hasTopLevelAwait: boolean;
	/** `using` declarations of the top level; `await using` among them. */
	using: boolean;
	awaitUsing: boolean;
	/** Decorators or `accessor`, which Node.js cannot run. */
	decorators: boolean;
}

class Scope {
	readonly names = new Set<string>();
	constructor(
		readonly parent: Scope | undefined,
		/** Functions (and class bodies) around, counted: 0 at the top level. */
		readonly depth: number,
	) {}

	/** Declared in this scope or one around it, the top level left out. */
	hides(name: string): boolean {
		for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
			if (scope.parent !== undefined && scope.names.has(name)) return true;
		}
		return false;
	}
}

export function scan(program: Node): Scan {
	return new Scanner().run(program);
}

class Scanner {
	readonly #found: Scan = {
		declared: new Map(),
		exported: new Set(),
		references: [],
		variables: [],
		naming: [],
		importMeta: [],
		dynamicImports: [],
		awaits: [],
		hasTopLevelAwait: false,
		using: false,
		awaitUsing: false,
		decorators: false,
		augments: false,
	};

	run(program: Node): Scan {
		const top = new Scope(undefined, 0);
		for (const statement of program.body) declareTop(statement, this.#found);
		for (const name of variableNames(program.body))
			if (!this.#found.declared.has(name)) this.#found.declared.set(name, "variable");
		for (const statement of program.body) this.#visit(statement, top, program);
		return this.#found;
	}

	#visitAll(nodes: (Node | null)[], scope: Scope, parent: Node): void {
		for (const node of nodes) if (node !== null) this.#visit(node, scope, parent);
	}

	#visit(node: Node, scope: Scope, parent: Node): void {
		switch (node.type) {
			case "Identifier":
				this.#refer(node, scope, "plain");
				return;
			case "VariableDeclaration":
				this.#variables(node, scope, parent);
				return;
			case "FunctionDeclaration":
			case "FunctionExpression":
			case "ArrowFunctionExpression":
				this.#function(node, scope);
				return;
			case "ClassDeclaration":
			case "ClassExpression":
				this.#class(node, scope);
				return;
			case "BlockStatement":
				this.#block(node.body, scope, node);
				return;
			case "StaticBlock": {
				const inner = new Scope(scope, scope.depth + 1);
				for (const name of variableNames(node.body)) inner.names.add(name);
				this.#block(node.body, inner, node);
				return;
			}
			case "SwitchStatement": {
				this.#visit(node.discriminant, scope, node);
				const inner = new Scope(scope, scope.depth);
				declareLexical(
					node.cases.flatMap((one: Node) => one.consequent),
					inner.names,
				);
				for (const one of node.cases) {
					if (one.test) this.#visit(one.test, inner, one);
					this.#visitAll(one.consequent, inner, one);
				}
				return;
			}
			case "ForStatement":
			case "ForInStatement":
			case "ForOfStatement": {
				if (node.await) this.#awaits(node, scope);
				const inner = new Scope(scope, scope.depth);
				declareLexical([node.init ?? node.left].filter(Boolean), inner.names);
				const parts = node.type === "ForStatement" ? [node.init, node.test, node.update] : [node.left, node.right];
				for (const part of parts) if (part) this.#target(part, inner, node);
				this.#visit(node.body, inner, node);
				return;
			}
			case "CatchClause": {
				const inner = new Scope(scope, scope.depth);
				if (node.param) {
					for (const { name } of bindings(node.param)) inner.names.add(name);
					this.#pattern(node.param, inner);
				}
				this.#visit(node.body, inner, node);
				return;
			}
			case "LabeledStatement":
				this.#visit(node.body, scope, node);
				return;
			case "BreakStatement":
			case "ContinueStatement":
				return;
			case "MemberExpression":
				this.#visit(node.object, scope, node);
				if (node.computed) this.#visit(node.property, scope, node);
				return;
			case "CallExpression":
				this.#callee(node.callee, scope, node);
				this.#visitAll(node.arguments, scope, node);
				return;
			case "TaggedTemplateExpression":
				this.#callee(node.tag, scope, node);
				this.#visit(node.quasi, scope, node);
				return;
			case "ObjectExpression":
				for (const property of node.properties) this.#property(property, scope);
				return;
			case "AssignmentExpression":
				if (["=", "||=", "&&=", "??="].includes(node.operator)) this.#name(node.left, node.right, scope);
				this.#target(node.left, scope, node);
				this.#visit(node.right, scope, node);
				return;
			case "AwaitExpression":
				this.#awaits(node, scope);
				this.#visit(node.argument, scope, node);
				return;
			case "ImportExpression":
				this.#found.dynamicImports.push(node);
				this.#visit(node.source, scope, node);
				if (node.options) this.#visit(node.options, scope, node);
				return;
			case "MetaProperty":
				if (node.meta.name === "import") this.#found.importMeta.push(node);
				return;
			case "ImportDeclaration":
			case "ExportAllDeclaration":
				return;
			case "ExportNamedDeclaration":
				if (node.declaration) this.#visit(node.declaration, scope, node);
				return;
			case "TSImportEqualsDeclaration":
				if (node.moduleReference.type !== "TSExternalModuleReference" && node.importKind !== "type") {
					this.#entityName(node.moduleReference, scope);
				}
				return;
			case "TSEnumDeclaration": {
				if (node.declare) return;
				const inner = new Scope(scope, scope.depth);
				inner.names.add(node.id.name);
				for (const member of node.body.members) if (member.id.type === "Identifier") inner.names.add(member.id.name);
				for (const member of node.body.members) if (member.initializer) this.#visit(member.initializer, inner, member);
				return;
			}
			case "TSModuleDeclaration": {
				if (node.declare || !node.body || node.id.type !== "Identifier") return;
				const inner = new Scope(scope, scope.depth + 1);
				inner.names.add(node.id.name);
				if (node.body.type === "TSModuleDeclaration") this.#visit(node.body, inner, node);
				else {
					const statements = node.body.body.map((one: Node) =>
						one.type === "ExportNamedDeclaration" ? (one.declaration ?? one) : one,
					);
					for (const name of variableNames(statements)) inner.names.add(name);
					this.#block(statements, inner, node.body);
				}
				return;
			}
			case "TSExportAssignment":
				this.#visit(node.expression, scope, node);
				return;
			case "TSParameterProperty":
				this.#pattern(node, scope);
				return;
		}
		const inner = withoutTypes(node);
		if (inner !== node) {
			this.#visit(inner, scope, node);
			return;
		}
		// Everything else of TypeScript is types.
		if (node.type.startsWith("TS")) return;
		for (const key of Object.keys(node)) {
			if (key === "typeArguments" || key === "decorators") continue;
			const value = node[key];
			if (Array.isArray(value)) {
				for (const child of value) if (isNode(child)) this.#visit(child, scope, node);
			} else if (isNode(value)) this.#visit(value, scope, node);
		}
	}

	#awaits(node: Node, scope: Scope): void {
		this.#found.awaits.push({ node, inFunction: scope.depth > 0 });
		if (scope.depth === 0) this.#found.hasTopLevelAwait = true;
	}

	#refer(node: Node, scope: Scope, use: Reference["use"]): void {
		if (!scope.hides(node.name)) this.#found.references.push({ name: node.name, node, use });
	}

	#name(target: Node, value: Node, scope: Scope): void {
		if (target.type === "Identifier" && isAnonymousFunction(withoutTypes(value)) && !scope.hides(target.name)) {
			this.#found.naming.push({ name: target.name, value });
		}
	}

	#callee(callee: Node, scope: Scope, parent: Node): void {
		const inner = withoutTypes(callee);
		if (inner.type === "Identifier") this.#refer(inner, scope, "call");
		else this.#visit(callee, scope, parent);
	}

	#property(property: Node, scope: Scope): void {
		if (property.type !== "Property") {
			this.#visit(property, scope, property);
			return;
		}
		if (property.computed) this.#visit(property.key, scope, property);
		if (property.shorthand) this.#refer(property.value, scope, "shorthand");
		else this.#visit(property.value, scope, property);
	}

	#block(statements: Node[], scope: Scope, parent: Node): void {
		const inner = new Scope(scope, scope.depth);
		declareLexical(statements, inner.names);
		this.#visitAll(statements, inner, parent);
	}

	#variables(node: Node, scope: Scope, parent: Node): void {
		if (node.declare) return;
		const top = scope.depth === 0 && (scope.parent === undefined || node.kind === "var");
		if (node.kind === "await using" && scope.depth === 0) this.#found.hasTopLevelAwait = true;
		if (top) {
			this.#found.variables.push({ node, parent });
			if (node.kind.endsWith("using")) this.#found.using = true;
			if (node.kind === "await using") this.#found.awaitUsing = true;
		}
		for (const { id, init } of node.declarations) {
			if (top) {
				if (init) this.#name(id, init, scope);
				this.#target(id, scope, node);
			} else this.#pattern(id, scope);
			if (init) this.#visit(init, scope, node);
		}
	}

	/** A pattern that declares inner names: only its defaults and computed keys refer to anything. */
	#pattern(pattern: Node | null, scope: Scope): void {
		switch (pattern?.type) {
			case "ObjectPattern":
				for (const property of pattern.properties) {
					if (property.type === "RestElement") this.#pattern(property, scope);
					else {
						if (property.computed) this.#visit(property.key, scope, property);
						this.#pattern(property.value, scope);
					}
				}
				break;
			case "ArrayPattern":
				for (const element of pattern.elements) this.#pattern(element, scope);
				break;
			case "AssignmentPattern":
				this.#pattern(pattern.left, scope);
				this.#visit(pattern.right, scope, pattern);
				break;
			case "RestElement":
				this.#pattern(pattern.argument, scope);
				break;
			case "TSParameterProperty":
				this.#decorators(pattern, scope);
				this.#pattern(pattern.parameter, scope);
				break;
		}
		if (pattern) this.#decorators(pattern, scope);
	}

	/** What is assigned to: a pattern whose identifiers are references, or any other expression. */
	#target(target: Node, scope: Scope, parent: Node): void {
		switch (target.type) {
			case "ObjectPattern":
				for (const property of target.properties) {
					if (property.type === "RestElement") this.#target(property.argument, scope, property);
					else if (property.shorthand) this.#shorthandTarget(property.value, scope);
					else {
						if (property.computed) this.#visit(property.key, scope, property);
						this.#target(property.value, scope, property);
					}
				}
				break;
			case "ArrayPattern":
				for (const element of target.elements) if (element) this.#target(element, scope, target);
				break;
			case "AssignmentPattern":
				this.#name(target.left, target.right, scope);
				this.#target(target.left, scope, target);
				this.#visit(target.right, scope, target);
				break;
			case "RestElement":
				this.#target(target.argument, scope, target);
				break;
			default:
				this.#visit(target, scope, parent);
		}
	}

	#shorthandTarget(value: Node, scope: Scope): void {
		if (value.type === "AssignmentPattern") {
			this.#name(value.left, value.right, scope);
			this.#refer(value.left, scope, "shorthand");
			this.#visit(value.right, scope, value);
		} else this.#refer(value, scope, "shorthand");
	}

	#function(node: Node, scope: Scope): void {
		const inner = new Scope(scope, scope.depth + 1);
		if (node.type === "FunctionExpression" && node.id) inner.names.add(node.id.name);
		if (node.type !== "ArrowFunctionExpression") inner.names.add("arguments");
		for (const parameter of node.params) for (const { name } of bindings(parameter)) inner.names.add(name);
		for (const parameter of node.params) this.#pattern(parameter, inner);
		if (!node.body) return;
		if (node.body.type !== "BlockStatement") {
			this.#visit(node.body, inner, node);
			return;
		}
		const body = new Scope(inner, inner.depth);
		for (const name of variableNames(node.body.body)) body.names.add(name);
		this.#block(node.body.body, body, node.body);
	}

	#decorators(node: Node, scope: Scope): void {
		for (const decorator of node.decorators ?? []) {
			this.#found.decorators = true;
			this.#visit(decorator.expression, scope, decorator);
		}
	}

	#class(node: Node, scope: Scope): void {
		if (node.declare) return;
		this.#decorators(node, scope);
		const inner = new Scope(scope, scope.depth);
		if (node.id) inner.names.add(node.id.name);
		if (node.superClass) this.#visit(node.superClass, inner, node);
		const member = new Scope(inner, inner.depth + 1);
		for (const one of node.body.body) {
			if (one.type === "StaticBlock") {
				this.#visit(one, inner, node);
				continue;
			}
			if (one.type === "AccessorProperty") this.#found.decorators = true;
			this.#decorators(one, inner);
			if (one.computed && one.key) this.#visit(one.key, inner, one);
			if (one.value && !one.type.startsWith("TSAbstract")) this.#visit(one.value, member, one);
		}
	}

	/** `A.B` in `import x = A.B`. */
	#entityName(name: Node, scope: Scope): void {
		if (name.type === "Identifier") this.#refer(name, scope, "plain");
		else if (name.left) this.#entityName(name.left, scope);
	}
}

function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}
