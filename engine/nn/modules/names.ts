/**
 * PyTorch's key of a module's property: `runningMean` is `running_mean`, `weightIhL0` is `weight_ih_l0`.
 *
 * Every capital inside a name that begins with a small letter becomes an underscore and the small letter. Names that
 * already hold an underscore, or begin with a capital, are keys as they stand, so that any PyTorch key can be had.
 */
export function keyOf(property: string): string {
	if (!/^[a-z]/.test(property) || property.includes("_")) return property;
	return property.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

/** The property that has this key, by the same rule: `running_mean` is `runningMean`; what does not come back stays. */
export function propertyOf(key: string): string {
	const property = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
	return keyOf(property) === key ? property : key;
}
