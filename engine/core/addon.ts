export function loadAddon(): unknown {
	throw new Error("replaced by the native helper");
}
