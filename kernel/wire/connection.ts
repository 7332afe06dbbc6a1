import { readFileSync } from "node:fs";
import { type Infer, integer, literal, object, optional, string } from "./shape";

const signatureScheme = literal("hmac-sha256");

/** What a Jupyter connection file says. */
export const connectionShape = object({
	transport: literal("tcp", "ipc"),
	ip: string,
	shell_port: integer,
	control_port: integer,
	iopub_port: integer,
	stdin_port: integer,
	hb_port: integer,
	/** Empty: messages are not signed. */
	key: string,
	signature_scheme: optional(signatureScheme),
	kernel_name: optional(string),
});

export type Connection = Infer<typeof connectionShape>;

export const channels = ["shell", "control", "iopub", "stdin", "hb"] as const;
export type Channel = (typeof channels)[number];

/** Reads and checks a connection file. Throws an error that names the file and the field. */
export function readConnection(file: string): Connection {
	let parsed: unknown;
	try {
		parsed = JSON.parse(readFileSync(file, "utf8"));
	} catch (error) {
		throw new Error(`connection file ${file}: ${(error as Error).message}`);
	}
	const problem = connectionShape.check(parsed, "");
	if (problem !== undefined) throw new Error(`connection file ${file}: ${problem}`);
	return parsed as Connection;
}

/** The address of one socket, as ZeroMQ writes it. */
export function address(connection: Connection, channel: Channel): string {
	const port = connection[`${channel}_port`];
	return connection.transport === "ipc" ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`;
}
