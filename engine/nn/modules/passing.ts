import { autocastState } from "../../core/autocast";
import * as activation from "./activation";
import * as averagePooling from "./averagePooling";
import * as batchnorm from "./batchnorm";
import * as conv from "./conv";
import * as dropout from "./dropout";
import { anyGlobalHook } from "./hooks";
import * as linear from "./linear";
import * as maxPooling from "./maxPooling";
import { Module } from "./module";
import * as normalization from "./normalization";

/* Modules that keep neither what they are given nor what they return. */

const forwards = new WeakSet<object>();
for (const family of [activation, averagePooling, batchnorm, conv, dropout, linear, maxPooling, normalization]) {
	for (const member of Object.values(family)) {
		if (typeof member === "function" && member.prototype instanceof Module) forwards.add(member.prototype.forward);
	}
}

/** Whether a call of this module shows its argument and its result to nobody: no forward of the user's, no hooks. */
export function keepsNothing(module: Module): boolean {
	return forwards.has(module.forward) && module._state.hooks === null && !anyGlobalHook() && !autocastState.active;
}
