// Puts documentation where types lose it, in the engine's declarations (dist/engine/**/*.d.ts): a part of npm run build:ts, behind the
// compiler. What a function does stands once, at the function or at the method of the same name; editors and the kernel's
// inspection show it for `torch.f`, `F.f`, `x.f()` and `x.f_()` alike, with the parameters by their names.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseSync } from "oxc-parser";
import { engineFolder, place } from "./engine.mjs";

const functionalFolder = join(engineFolder, "nn", "functional");

/** The tables of a module that needs nothing but `of` and `maybe`: without the engine, whose addon may not be built yet. */
function tablesOf(file) {
	const exports = {};
	const named = { of: () => "required", maybe: () => undefined };
	new Function("exports", "require", readFileSync(file, "utf8"))(exports, () => named);
	return exports;
}

/** `[name, line]` of what can be called by names: `cat(tensors, dim?)`. */
function parameterLines() {
	const lines = (...tables) => {
		const found = new Map();
		for (const { table, before } of tables)
			for (const [name, list] of Object.entries(table)) {
				const shown = ([parameter, type, how]) =>
					how === "rest" ? `...${parameter}` : type === undefined ? `${parameter}?` : parameter;
				const inPlace = list.filter(([, , how]) => how !== "only").map(shown);
				const byName = list.filter(([, , how]) => how === "only").map(shown);
				const all = [...before, ...inPlace, ...(byName.length > 0 ? [`{ ${byName.join(", ")} }`] : [])];
				found.set(name, `(${all.join(", ")})`);
			}
		return found;
	};
	const ops = tablesOf(join(engineFolder, "ops", "parameters.js"));
	const functional = tablesOf(join(functionalFolder, "parameters.js"));
	const input = ["input"];
	return {
		functions: lines({ table: ops.parameters, before: input }, { table: ops.wholeParameters, before: [] }),
		methods: lines({ table: ops.parameters, before: [] }),
		functional: lines(
			{ table: functional.parameters, before: input },
			{ table: functional.wholeParameters, before: [] },
		),
	};
}

/** A declaration that may have a comment of its own. `in`: the interface or class that it is a member of. */
function declarationsOf(file, text) {
	const { program, comments } = parseSync(file, text);
	const documentation = comments.filter(({ type, value }) => type === "Block" && value.startsWith("*"));
	/** The comment right before a place, where at most words such as `export declare` stand between. */
	const commentBefore = (at) => {
		const comment = documentation.findLast(({ end }) => end <= at);
		return comment !== undefined && /^[\sa-z]*$/.test(text.slice(comment.end, at)) ? comment.value : undefined;
	};
	const found = [];
	const mapped = new Map();
	const members = new Map();
	/** Mapped types that Tensor extends, and where its declaration ends: of their names the compiler knows no comment. */
	const lists = new Map();
	/** Second names of exports: `export { dot as vdot }`. */
	const aliases = new Map();
	/** What is said of interfaces: a class or a value of the same name is the same to a reader. */
	const interfaces = new Map();
	const add = (name, at, more = {}) => found.push({ name, at, comment: commentBefore(at), ...more });
	const read = (statement) => {
		const node = statement.type === "ExportNamedDeclaration" ? (statement.declaration ?? statement) : statement;
		if (node.type === "ExportNamedDeclaration") {
			for (const { local, exported } of node.specifiers)
				if (local.name !== exported.name) aliases.set(exported.name, local.name);
		}
		if (node.type === "TSModuleDeclaration") for (const inner of node.body?.body ?? []) read(inner);
		else if (node.type === "TSDeclareFunction") add(node.id.name, statement.start);
		else if (node.type === "VariableDeclaration") {
			for (const [index, { id, start }] of node.declarations.entries()) {
				const comment = index === 0 ? commentBefore(statement.start) : undefined;
				add(id.name, start, comment === undefined ? {} : { comment });
				if (id.typeAnnotation) members.set(id.name, id.typeAnnotation.typeAnnotation);
			}
		} else if (node.type === "TSInterfaceDeclaration" || node.type === "ClassDeclaration") {
			members.set(node.id.name, node.body);
			if (node.type === "ClassDeclaration") add(node.id.name, statement.start);
			else if (commentBefore(statement.start) !== undefined)
				interfaces.set(node.id.name, commentBefore(statement.start));
			for (const { key, start } of node.body.body)
				if (key?.name !== undefined) add(key.name, start, { in: node.id.name });
			if (node.id.name === "Tensor" && node.type === "TSInterfaceDeclaration")
				for (const { expression } of node.extends) mapped.set(expression.name, node.body.end - 1);
		} else if (node.type === "TSTypeAliasDeclaration") members.set(node.id.name, node.typeAnnotation);
	};
	for (const statement of program.body) read(statement);
	for (const list of mapped.keys()) {
		const type = members.get(list);
		if (type?.type !== "TSMappedType") continue;
		const names = namesOf(type, members);
		lists.set(list, {
			names: names.map(([name]) => (type.nameType === null ? name : `${name}_`)),
			end: mapped.get(list),
		});
		for (const [name, first] of names) if (first !== undefined) aliases.set(name, first);
	}
	return { found, lists, aliases, interfaces };
}

/** The names of a mapped type, `{ [K in Name as …]: … }`, each with what it stands for where a table says so. */
function namesOf(type, members) {
	const keys = (node) => {
		if (node.type === "TSTypeReference") return keys(members.get(node.typeName.name));
		if (node.type === "TSTypeOperator" && node.operator === "keyof") return keysOf(node.typeAnnotation);
		// `(typeof names)[number]`
		if (node.type === "TSIndexedAccessType") return keysOf(node.objectType);
		throw new Error(`document-types: ${node.type} is no list of names that is known here`);
	};
	const keysOf = (node) => {
		if (node.type === "TSParenthesizedType") return keysOf(node.typeAnnotation);
		const name = node.type === "TSTypeQuery" ? node.exprName.name : node.typeName.name;
		let list = members.get(name);
		while (list.type === "TSTypeOperator") list = list.typeAnnotation;
		if (list.type === "TSTupleType") return list.elementTypes.map(({ literal }) => [literal.value]);
		return (list.body ?? list.members).map(({ key, typeAnnotation }) => [
			key.name,
			typeAnnotation?.typeAnnotation?.literal?.value,
		]);
	};
	return keys(type.constraint);
}

function filesOf(folder) {
	return readdirSync(folder, { recursive: true })
		.filter((name) => name.endsWith(".d.ts"))
		.map((name) => join(folder, name));
}

/** Reads all declarations; returns what each file becomes, and the names that nothing is said of. */
export function documented() {
	const read = filesOf(engineFolder).map((file) => {
		const text = readFileSync(file, "utf8");
		return { file, text, ...declarationsOf(file, text) };
	});
	const inFolder = (...parts) => join(engineFolder, ...parts) + sep;
	const books = { ops: new Map(), functional: new Map(), tensor: new Map() };
	const isTensors = (file, owner) => owner === "Tensor" || (file.startsWith(inFolder("ops")) && /Methods$/.test(owner));
	for (const { file, found } of read)
		for (const { name, comment, in: owner } of found) {
			if (comment === undefined) continue;
			const book =
				owner !== undefined
					? isTensors(file, owner)
						? books.tensor
						: undefined
					: file.startsWith(functionalFolder + sep)
						? books.functional
						: file.startsWith(inFolder("ops"))
							? books.ops
							: undefined;
			if (book !== undefined && !book.has(name)) book.set(name, comment);
		}
	const lines = parameterLines();
	const aliases = new Map(read.flatMap((one) => [...one.aliases]));
	const silent = [];

	/** What is said of a name in the first of the books that has it; of an in-place function by the one that returns. */
	const said = (name, order) => {
		for (const book of order) if (book.has(name)) return textOf(book.get(name));
		const first = aliases.get(name);
		if (first !== undefined && said(first, order) !== undefined)
			return `Another name of \`${first}\`. ${said(first, order)}`;
		if (!name.endsWith("_")) return undefined;
		const plain = said(name.slice(0, -1), order);
		return plain === undefined ? undefined : `In place: ${plain}`;
	};

	const changed = [];
	for (const { file, text, found, lists, interfaces } of read) {
		const insertions = [];
		const functional = file.startsWith(functionalFolder + sep);
		const ofOps = functional || file.startsWith(inFolder("ops"));
		const { ops, tensor } = books;
		const table = functional ? lines.functional : lines.functions;
		for (const { name, at, comment, in: owner } of found) {
			const isMember = owner !== undefined;
			if (comment !== undefined) continue;
			const same = isMember ? undefined : interfaces.get(name);
			if (same !== undefined) insertions.push({ at, text: `/*${same}*/\n` });
			if (same !== undefined || !(isMember ? isTensors(file, owner) : ofOps)) continue;
			const order = isMember
				? [tensor, ops, books.functional]
				: functional
					? [books.functional, ops, tensor]
					: [ops, tensor];
			const sentence = said(name, order);
			if (sentence === undefined) {
				silent.push(`${relative(engineFolder, file)}: ${isMember ? `${owner}.` : ""}${name}`);
				continue;
			}
			const plainName = name.replace(/_$/, "");
			const parameters = (isMember ? lines.methods : table).get(isMember ? plainName : name);
			const line = parameters === undefined ? "" : `\`${name}${parameters}\`\n\n`;
			insertions.push({ at, text: `${commentOf(line + sentence)} ` });
		}
		for (const [list, { names, end }] of lists) {
			const own = names.filter((name) => !found.some((other) => other.name === name && other.in === "Tensor"));
			const sayings = own.map((name) => [name, said(name, [books.tensor, books.ops])]);
			for (const [name, sentence] of sayings)
				if (sentence === undefined) silent.push(`${relative(engineFolder, file)}: ${list}.${name}`);
			const lost = sayings
				.filter(([, sentence]) => sentence !== undefined)
				.map(([name, sentence]) => `        ${commentOf(sentence)}\n        ${name}: ${list}["${name}"];\n`);
			insertions.push({ at: end, text: lost.join("") });
		}
		if (insertions.some((one) => one.text !== "")) changed.push({ file, text: withInsertions(text, insertions) });
	}
	return { changed, silent };
}

/** The text of a comment without its stars. */
function textOf(comment) {
	return comment
		.slice(1)
		.split("\n")
		.map((line) => line.replace(/^\s*\* ?/, ""))
		.join("\n")
		.trim();
}

function commentOf(text) {
	const parts = text.split("\n");
	return parts.length === 1 ? `/** ${text} */` : `/**\n${parts.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */`;
}

function withInsertions(text, insertions) {
	let result = "";
	let from = 0;
	for (const { at, text: inserted } of insertions.sort((a, b) => a.at - b.at)) {
		result += text.slice(from, at) + inserted;
		from = at;
	}
	return result + text.slice(from);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
	for (const { file, text } of documented().changed) place(file, text);
}
