// Required before a kernel: its main thread takes long to begin, as on a machine that has other things to do.
const Module = require("node:module");
const { isMainThread } = require("node:worker_threads");

const load = Module._load;
Module._load = function (request, ...rest) {
	if (isMainThread && request.endsWith("session/runtime/runtime")) {
		Module._load = load;
		for (const end = Date.now() + 1000; Date.now() < end; );
	}
	return load.call(this, request, ...rest);
};
