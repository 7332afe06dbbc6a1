import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ansiToHtml } from "../../../dist/kernel/runner/page/ansi";
import { highlight } from "../../../dist/kernel/runner/page/highlight";
import { renderMarkdown } from "../../../dist/kernel/runner/page/markdown";
import { hostile } from "../support/recorder";

const textOf = (html: string) =>
	html
		.replace(/<[^>]*>/g, "")
		.replace(
			/&(lt|gt|quot|#39|amp);/g,
			(_, name: string) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name]!,
		);

describe("markdown", () => {
	test.each([
		["# One *two*\ntext", '<h1 id="One-two">One <em>two</em></h1>\n<p>text</p>'],
		["Head\n====\n\nmore\n---", '<h1 id="Head">Head</h1>\n<h2 id="more">more</h2>'],
		[
			"a **b _c_** `x*y*` __d__ snake_case_name 2*3*4",
			"<p>a <strong>b <em>c</em></strong> <code>x*y*</code> <strong>d</strong> snake_case_name 2<em>3</em>4</p>",
		],
		["line  \nbreak\\\nagain ~~gone~~", "<p>line<br>\nbreak<br>\nagain <s>gone</s></p>"],
		["\\*no\\* \\_emphasis\\_ \\<b>", "<p>*no* _emphasis_ &lt;b&gt;</p>"],
		["- a\n- b\n  - c\n\ntext", "<ul><li>a</li><li>b\n<ul><li>c</li></ul></li></ul>\n<p>text</p>"],
		["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
		["- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
		["- a\n* b", "<ul><li>a</li></ul>\n<ul><li>b</li></ul>"],
		["> q\n> > r\nlazy", "<blockquote><p>q</p>\n<blockquote><p>r\nlazy</p></blockquote></blockquote>"],
		["***", "<hr>"],
		["```python\na < b\n```", "<pre><code>a &lt; b</code></pre>"],
		["```ts\nlet a\n```", '<pre><code><span class="hl-keyword">let</span> a</code></pre>'],
		["    code\n\n    more", "<pre><code>code\n\nmore</code></pre>"],
		[
			"|a|b|\n|:-:|--:|\n|1|`x\\|y`|\n|2|",
			'<table><thead><tr><th style="text-align:center">a</th><th style="text-align:right">b</th></tr></thead><tbody><tr><td style="text-align:center">1</td><td style="text-align:right"><code>x|y</code></td></tr><tr><td style="text-align:center">2</td><td style="text-align:right"></td></tr></tbody></table>',
		],
		[
			"[t](http://a.b/c_d_e 'T') [r][x] <http://q.r> see http://e.f.\n\n[x]: ../y.ipynb",
			'<p><a href="http://a.b/c_d_e" title="T">t</a> <a href="../y.ipynb">r</a> <a href="http://q.r">http://q.r</a> see <a href="http://e.f">http://e.f</a>.</p>',
		],
		["an [open] bracket and [*two*] (x)", "<p>an [open] bracket and [<em>two</em>] (x)</p>"],
		["in\n1989. we", "<p>in\n1989. we</p>"],
		[
			"x<sub>1</sub><br/>y <details open><summary>s</summary></details>",
			'<p>x<sub>1</sub><br>y <details open=""><summary>s</summary></details></p>',
		],
	])("%j", (source, expected) => {
		// Where lines end between elements is no matter.
		const dense = (html: string) => html.replace(/>\n+</g, "><").replace(/([^>])\n<(\/?[uol]+)>/g, "$1<$2>");
		expect(dense(renderMarkdown(source))).toBe(dense(expected));
	});

	test("formulas are MathML, which needs no script and no font, with the TeX beside it", () => {
		expect(renderMarkdown("so $a_1 < 2$, 5$ and 6$")).toBe(
			'<p>so <math><semantics><mrow><msub><mi>a</mi><mn>1</mn></msub><mo>&lt;</mo><mn>2</mn></mrow><annotation encoding="application/x-tex">a_1 &lt; 2</annotation></semantics></math>, 5$ and 6$</p>',
		);
		const block = renderMarkdown("$$\na_1 *\n*b\n$$\nafter");
		expect(block).toMatch(/^<math display="block"[^>]*>.*<\/math>\n<p>after<\/p>$/s);
		expect(renderMarkdown("\\[x_1\\] and")).toContain("<msub><mi>x</mi><mn>1</mn></msub>");
		expect(renderMarkdown("| $a|b$ |\n|---|\n| $c$ |").match(/<math>/g)).toHaveLength(2);
	});

	test("what is no formula stays as it was written, and none of them runs", () => {
		expect(renderMarkdown("$\\nothing{<b>}$")).toBe(
			'<p><span class="math" role="math">\\nothing{&lt;b&gt;}</span></p>',
		);
		for (const tex of [
			"\\href{javascript:alert(1)}{x}",
			"\\text{</annotation><script>alert(1)</script>}",
			'\\class{x" onload="alert(1)}{y}',
			"<img src=x onerror=alert(1)>",
		]) {
			const html = renderMarkdown(`$${tex}$ $$${tex}$$`).replace(/"[^"]*"/g, '""');
			expect(html).not.toMatch(/<script|<img|<a |<[^>]*\son\w+=/i);
		}
	});

	test("pictures come from where the page has them", () => {
		const imageUrl = (source: string) => (source === "a.png" ? "data:image/png;base64,AA" : undefined);
		expect(renderMarkdown('![alt "x"](a.png) ![far](https://x.y/z.png)', { imageUrl })).toBe(
			'<p><img src="data:image/png;base64,AA" alt="alt &quot;x&quot;"> <a href="https://x.y/z.png">far</a></p>',
		);
		expect(renderMarkdown('<img src="a.png" width=20 onerror=x>', { imageUrl })).toBe(
			'<img src="data:image/png;base64,AA" alt="" width="20">',
		);
	});

	test("nothing in a text runs", () => {
		const sources = [
			hostile,
			"<script>alert(1)</script>",
			"[x](javascript:alert(1)) [y](  java\tscript:alert(1))",
			'<a href="javascript:alert(1)" onclick="alert(1)">x</a>',
			'<img src=x onerror="alert(1)">',
			"<svg onload=alert(1)>",
			"<javascript:alert(1)>",
			"| `<script>` |\n|---|\n| <script> |",
			'```x"><script>\n```',
		];
		for (const source of sources) {
			const html = renderMarkdown(source, { imageUrl: () => undefined });
			expect(html).not.toMatch(/<script|<svg|<[a-z]+ [^>]*\son[a-z]+=|href="\s*java/i);
		}
	});

	test("any text comes to an end, and none of it is lost from a plain paragraph", () => {
		const piece = fc.constantFrom(
			"*",
			"_",
			"`",
			"$",
			"[",
			"]",
			"(",
			")",
			"<",
			">",
			"|",
			"-",
			"#",
			"\n",
			" ",
			"a",
			"1.",
			"\\",
			"~~",
			"!",
			"://",
			"&",
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
				expect(renderMarkdown(pieces.join(""))).not.toMatch(/[\uE000\uE001]/);
			}),
			{ numRuns: 500 },
		);
		fc.assert(
			fc.property(fc.stringMatching(/^[a-z][a-z ,.;']{0,40}$/), (text) => {
				expect(textOf(renderMarkdown(text))).toBe(text.trimEnd());
			}),
		);
	});
});

describe("highlighting", () => {
	test("keywords, strings, numbers, comments; members are not keywords", () => {
		expect(highlight('const a = "x"; // c\nfoo.new(1_000n)')).toBe(
			'<span class="hl-keyword">const</span> a = <span class="hl-string">&quot;x&quot;</span>; <span class="hl-comment">// c</span>\nfoo.new(<span class="hl-number">1_000n</span>)',
		);
	});

	test("slashes divide after a value and begin a pattern elsewhere", () => {
		expect(highlight("a / b / c")).toBe("a / b / c");
		const let_ = '<span class="hl-keyword">let</span>';
		expect(highlight("// It ends.\nlet a")).toBe(`<span class="hl-comment">// It ends.</span>\n${let_} a`);
		expect(highlight("a. /* so */ let")).toBe('a. <span class="hl-comment">/* so */</span> let');
		expect(highlight("[...let]")).toBe(`[...${let_}]`);
		expect(highlight("x = /[/]'/g;")).toBe('x = <span class="hl-string">/[/]&#39;/g</span>;');
		expect(highlight("return /a/")).toContain('<span class="hl-string">/a/</span>');
	});

	// biome-ignore-start lint/suspicious/noTemplateCurlyInString: code as it stands in a cell
	test("templates within templates", () => {
		expect(highlight('`a ${x ? `b${1}` : "}"} c`')).toBe(
			'<span class="hl-string">`a ${</span>x ? <span class="hl-string">`b${</span><span class="hl-number">1</span><span class="hl-string">}`</span> : <span class="hl-string">&quot;}&quot;</span><span class="hl-string">} c`</span>',
		);
	});
	// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

	test("no code is lost or changed, whatever it is", () => {
		const piece = fc.constantFrom(
			"`",
			"${",
			"}",
			"{",
			'"',
			"'",
			"/",
			"*",
			"\\",
			"\n",
			"a",
			" ",
			"0x",
			"//",
			"/*",
			"let",
			"<",
			"&",
			"=>",
			".",
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
				const source = pieces.join("");
				expect(textOf(highlight(source))).toBe(source);
			}),
			{ numRuns: 500 },
		);
	});
});

test("terminal colours become classes; other sequences and control characters go", () => {
	expect(ansiToHtml("\u001b[1;31mno\u001b[0m <b>\u001b[2K\u0007\u001b[38;5;196mx\u001b[39m \u001b[48;2;1;2;3my")).toBe(
		'<span class="ansi-bold ansi-red">no</span> &lt;b&gt;<span style="color:#ff0000">x</span> <span style="background:#010203">y</span>',
	);
});
