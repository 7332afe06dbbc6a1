import * as torch from "gradbook";
import { utils } from "gradbook/vision";
import { expect, test } from "vitest";
import { decode, expectLike, optionsOf, readReference } from "../../support/reference";

/* Grids of images as torchvision's: test/reference/make_grids.py. */

const { cases } = readReference<{ cases: { images: unknown; kwargs: Record<string, unknown>; grid: unknown }[] }>(
	"vision_grids.json",
);

test.each(cases.map((row, i) => [i, JSON.stringify(row.kwargs), row] as const))("makeGrid %i %s", (_, __, row) => {
	const images = decode(row.images);
	expectLike(utils.makeGrid(images, optionsOf(row.kwargs)), row.grid, "grid");
	expectLike(images, row.images, "the images themselves");
});

test("what is no image is refused", () => {
	expect(() => utils.makeGrid(torch.ones(2))).toThrow(
		"[makeGrid] expected images of 2 to 4 dimensions, got the shape [2]",
	);
	expect(() => utils.makeGrid(torch.ones(2, 2), { nrow: 0 })).toThrow(
		"[makeGrid] nrow must be an integer of at least 1, got 0",
	);
});
