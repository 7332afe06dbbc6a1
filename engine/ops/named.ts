import { called, methodWithNames, type NamedFunctions, namedFunctions, nameFunctions } from "../core/named";
import { Tensor } from "../core/tensor";
import * as functions from "./functions";
import { linalgParameters, parameters, specialParameters, wholeParameters } from "./parameters";

/* The functions and methods of ./parameters, with their parameters by name as well. */

for (const [op, list] of Object.entries(parameters)) {
	for (const name of [op, `${op}_`]) {
		const method = Object.getOwnPropertyDescriptor(Tensor.prototype, name);
		if (method === undefined) continue;
		Object.defineProperty(Tensor.prototype, name, {
			...method,
			value: called(name, methodWithNames(name, method.value, list)),
		});
	}
}

nameFunctions(functions);
nameFunctions(functions.linalg);
nameFunctions(functions.special);

for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype)))
	if (typeof value === "function") nameFunctions({ [name]: value });

export const named: NamedFunctions<typeof functions, typeof parameters, typeof wholeParameters> = namedFunctions(
	functions,
	parameters,
	wholeParameters,
);

type Linalg = typeof functions.linalg;

/** torch.linalg */
export const linalg: Linalg & NamedFunctions<Linalg, Record<never, never>, typeof linalgParameters> = {
	...functions.linalg,
	...namedFunctions(functions.linalg, {}, linalgParameters),
};

type Special = typeof functions.special;

/** torch.special */
export const special: Special & NamedFunctions<Special, typeof specialParameters, Record<never, never>> = {
	...functions.special,
	...namedFunctions(functions.special, specialParameters, {}),
};
