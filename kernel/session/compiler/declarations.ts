import { bindings, type Node } from "./syntax";

/*
 * What statements declare, without looking into expressions.
 */

/** What a name is for later cells: `value` names have a value when the cell runs, `ambient` ones are somebody else's. */
export type DeclarationKind =
	| "variable"
	| "constant"
	| "function"
	| "class"
	| "enum"
	| "namespace"
	| "import"
	| "type"
	| "ambient";

/** Whether there is something at run time that cells share. */
export function hasValue(kind: DeclarationKind): boolean {
	return kind !== "type" && kind !== "ambient";
}

/** What the top level of a program declares. */
export interface TopLevel {
	declared: Map<string, DeclarationKind>;
	/** Names that the program exports by itself. */
	exported: Set<string>;
	/** `declare global` and `declare module "x"`. */
	augments: boolean;
}

/** Records what a statement of the top level declares. */
export function declareTop(statement: Node, found: TopLevel): void {
	const { declared } = found;
	switch (statement.type) {
		case "ExportNamedDeclaration": {
			const before = new Set(declared.keys());
			if (statement.declaration) declareTop(statement.declaration, found);
			for (const name of declared.keys()) if (!before.has(name)) found.exported.add(name);
			for (const specifier of statement.specifiers)
				found.exported.add(specifier.exported.name ?? specifier.exported.value);
			break;
		}
		case "ExportDefaultDeclaration":
			declareTop(statement.declaration, found);
			break;
		case "VariableDeclaration":
			for (const declarator of statement.declarations) {
				for (const { name } of bindings(declarator.id)) {
					declared.set(
						name,
						statement.declare
							? "ambient"
							: statement.kind === "let" || statement.kind === "var"
								? "variable"
								: "constant",
					);
				}
			}
			break;
		case "FunctionDeclaration":
			if (statement.id) declared.set(statement.id.name, "function");
			break;
		case "TSDeclareFunction":
			if (statement.declare || !declared.has(statement.id.name)) declared.set(statement.id.name, "ambient");
			break;
		case "ClassDeclaration":
			if (statement.id) declared.set(statement.id.name, statement.declare ? "ambient" : "class");
			break;
		case "TSEnumDeclaration":
			declared.set(statement.id.name, statement.declare ? "ambient" : "enum");
			break;
		case "TSModuleDeclaration":
			if (statement.id.type !== "Identifier" || statement.kind === "global") found.augments = true;
			else if (statement.declare) declared.set(statement.id.name, "ambient");
			// A function, class or enum may be merged with a namespace: the value is there already.
			else if (!declared.has(statement.id.name) || declared.get(statement.id.name) === "type")
				declared.set(statement.id.name, "namespace");
			break;
		case "TSInterfaceDeclaration":
		case "TSTypeAliasDeclaration":
			if (!declared.has(statement.id.name)) declared.set(statement.id.name, "type");
			break;
		case "ImportDeclaration":
			for (const specifier of statement.specifiers) {
				const type = statement.importKind === "type" || specifier.importKind === "type";
				declared.set(specifier.local.name, type ? "type" : "import");
			}
			break;
		case "TSImportEqualsDeclaration":
			declared.set(statement.id.name, statement.importKind === "type" ? "type" : "import");
			break;
	}
}

/** Names that statements of one block declare for that block only. */
export function declareLexical(statements: Node[], names: Set<string>): void {
	for (const statement of statements) {
		switch (statement.type) {
			case "VariableDeclaration":
				if (statement.kind === "var") break;
				for (const declarator of statement.declarations)
					for (const { name } of bindings(declarator.id)) names.add(name);
				break;
			case "FunctionDeclaration":
			case "ClassDeclaration":
			case "TSEnumDeclaration":
			case "TSModuleDeclaration":
			case "TSImportEqualsDeclaration":
				if (statement.id?.type === "Identifier") names.add(statement.id.name);
				break;
		}
	}
}

/** Names of `var` declarations in these statements and the blocks inside them, functions left out. */
export function variableNames(statements: Node[], names: string[] = []): string[] {
	for (const statement of statements) {
		if (!statement) continue;
		switch (statement.type) {
			case "VariableDeclaration":
				if (statement.kind !== "var" || statement.declare) break;
				for (const declarator of statement.declarations)
					for (const { name } of bindings(declarator.id)) names.push(name);
				break;
			case "ExportNamedDeclaration":
				variableNames([statement.declaration], names);
				break;
			case "BlockStatement":
				variableNames(statement.body, names);
				break;
			case "IfStatement":
				variableNames([statement.consequent, statement.alternate], names);
				break;
			case "ForStatement":
				variableNames([statement.init, statement.body], names);
				break;
			case "ForInStatement":
			case "ForOfStatement":
				variableNames([statement.left, statement.body], names);
				break;
			case "WhileStatement":
			case "DoWhileStatement":
			case "LabeledStatement":
				variableNames([statement.body], names);
				break;
			case "TryStatement":
				variableNames([statement.block, statement.handler?.body, statement.finalizer], names);
				break;
			case "SwitchStatement":
				for (const one of statement.cases) variableNames(one.consequent, names);
				break;
		}
	}
	return names;
}
