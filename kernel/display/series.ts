/**
 * Points (x, y) of which at most `capacity` are kept: when there would be more, neighbours are merged into their mean,
 * and from then on each kept point stands for twice as many. Adding costs the same however long the series is.
 */
export class Series {
	readonly x: number[] = [];
	readonly y: number[] = [];
	/** Points added so far. */
	added = 0;
	/** The value added last; NaN before the first. */
	last = Number.NaN;
	/** Points that each kept point stands for. */
	stride = 1;
	#sumX = 0;
	#sumY = 0;
	#count = 0;

	/** @param capacity an even number. */
	constructor(readonly capacity = 400) {}

	add(x: number, y: number): void {
		this.added++;
		this.last = y;
		this.#sumX += x;
		this.#sumY += y;
		this.#count++;
		if (this.#count < this.stride) return;
		this.x.push(this.#sumX / this.#count);
		this.y.push(this.#sumY / this.#count);
		this.#sumX = this.#sumY = this.#count = 0;
		if (this.x.length >= this.capacity) this.#halve();
	}

	/** The kept points from the given one on, with the unfinished group at the end. */
	points(from = 0): { x: number[]; y: number[] } {
		const [x, y] = [this.x.slice(from), this.y.slice(from)];
		if (this.#count > 0) {
			x.push(this.#sumX / this.#count);
			y.push(this.#sumY / this.#count);
		}
		return { x, y };
	}

	#halve(): void {
		for (const values of [this.x, this.y]) {
			for (let i = 0; 2 * i + 1 < values.length; i++) values[i] = (values[2 * i]! + values[2 * i + 1]!) / 2;
			values.length /= 2;
		}
		this.stride *= 2;
	}
}
