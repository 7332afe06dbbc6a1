/**
 * The orthogonal factor of a matrix (row-major), with the signs for which the triangular factor's diagonal is positive:
 * those make it unique, and uniformly distributed for normal numbers (Mezzadri, math-ph/0609050). A wide matrix has
 * orthonormal rows, a tall one orthonormal columns. By Householder reflections, in double precision.
 */
export function orthogonal(values: Float64Array, rows: number, columns: number): Float64Array {
	const wide = rows < columns;
	const length = wide ? columns : rows;
	const count = wide ? rows : columns;
	// Vector j (a row of a wide matrix, a column of a tall one) stands contiguous.
	const a = Array.from({ length: count }, (_, j) =>
		Float64Array.from({ length }, (_, i) => (wide ? values[j * columns + i]! : values[i * columns + j]!)),
	);
	const reflectors: Float64Array[] = [];
	const signs: number[] = [];
	for (let k = 0; k < count; k++) {
		const x = a[k]!;
		let norm = 0;
		for (let i = k; i < length; i++) norm += x[i]! * x[i]!;
		norm = Math.sqrt(norm);
		const v = new Float64Array(length);
		for (let i = k; i < length; i++) v[i] = x[i]!;
		// The reflection sends x to −sign(x[k])·norm: no cancellation.
		const direction = x[k]! >= 0 ? 1 : -1;
		v[k] = v[k]! + direction * norm;
		signs.push(norm === 0 ? 0 : -direction);
		reflectors.push(v);
		for (let j = k; j < count; j++) reflect(a[j]!, v, k);
	}
	// Q's vectors are the reflected unit vectors.
	const out = new Float64Array(rows * columns);
	for (let j = 0; j < count; j++) {
		const q = new Float64Array(length);
		q[j] = signs[j]!;
		for (let k = count - 1; k >= 0; k--) reflect(q, reflectors[k]!, k);
		for (let i = 0; i < length; i++) out[wide ? j * columns + i : i * columns + j] = q[i]!;
	}
	return out;
}

/** x − 2 v (v·x) / (v·v), where v is 0 before `from`. */
function reflect(x: Float64Array, v: Float64Array, from: number): void {
	let dot = 0;
	let square = 0;
	for (let i = from; i < v.length; i++) {
		dot += v[i]! * x[i]!;
		square += v[i]! * v[i]!;
	}
	if (square === 0) return;
	const scale = (2 * dot) / square;
	for (let i = from; i < v.length; i++) x[i] = x[i]! - scale * v[i]!;
}
