/*
 * The look of an exported page. Its variables are JupyterLab's, because what cells show (tables, progress bars, figures)
 * takes its colours from them.
 */

const light = `
--jp-layout-color0:#fff;--jp-layout-color1:#fff;--jp-layout-color2:#f4f4f5;
--jp-content-font-color1:#1f2328;--jp-content-font-color2:#59636e;--jp-border-color2:#d1d9e0;
--hl-keyword:#8250df;--hl-string:#0a6640;--hl-comment:#6a737d;--hl-number:#0550ae;
--ansi-red:#b3261e;--ansi-green:#1a7f37;--ansi-yellow:#8a6100;--ansi-blue:#0550ae;--ansi-magenta:#8250df;--ansi-cyan:#1b7c83;--ansi-white:#6e7781;--ansi-black:#24292f;
--error-background:#fff1f0;--link:#0550ae;color-scheme:light;`;

const dark = `
--jp-layout-color0:#111;--jp-layout-color1:#111316;--jp-layout-color2:#1d2025;
--jp-content-font-color1:#e6edf3;--jp-content-font-color2:#9da7b3;--jp-border-color2:#3a4048;
--hl-keyword:#d2a8ff;--hl-string:#7ee2a8;--hl-comment:#8b949e;--hl-number:#79c0ff;
--ansi-red:#ff7b72;--ansi-green:#56d364;--ansi-yellow:#e3b341;--ansi-blue:#79c0ff;--ansi-magenta:#d2a8ff;--ansi-cyan:#76e3ea;--ansi-white:#c9d1d9;--ansi-black:#6e7681;
--error-background:#2d1517;--link:#79c0ff;color-scheme:dark;`;

const shared = `
--jp-ui-font-family:system-ui,-apple-system,"Segoe UI",sans-serif;--jp-ui-font-size1:13px;
--jp-code-font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;`;

export const pageStyle = `
:root{${light}${shared}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{${light}}}
*{box-sizing:border-box}
body{margin:0;background:var(--jp-layout-color1);color:var(--jp-content-font-color1);font:16px/1.6 var(--jp-ui-font-family)}
main{max-width:920px;margin:0 auto;padding:32px 20px 80px}
a{color:var(--link)}
h1,h2,h3,h4{line-height:1.25;margin:1.4em 0 .5em}
h1{font-size:2em;margin-top:.4em}
img{max-width:100%}
code,pre{font-family:var(--jp-code-font-family);font-size:13px}
:not(pre)>code{background:var(--jp-layout-color2);padding:.15em .35em;border-radius:4px}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.text>pre,.text li>pre,.text blockquote>pre{background:var(--jp-layout-color2);padding:10px 12px;border-radius:6px;margin:1em 0}
.text table{border-collapse:collapse;margin:1em 0}
.text th,.text td{border:1px solid var(--jp-border-color2);padding:4px 10px}
.text blockquote{margin:1em 0;padding:0 1em;border-left:4px solid var(--jp-border-color2);color:var(--jp-content-font-color2)}
.math{font-family:"Latin Modern Math","STIX Two Math",Cambria,"Times New Roman",serif;font-style:italic;white-space:pre-wrap}
div.math{text-align:center;margin:1em 0;font-size:1.05em}
math{font-family:"Latin Modern Math","STIX Two Math","Cambria Math","TeX Gyre Termes Math","DejaVu Math TeX Gyre","Noto Sans Math",math;font-size:1.08em}
math.tml-display{display:block math;margin:1em 0}
.cell{margin:1em 0}
.input pre{padding-right:28px}
.input{border:1px solid var(--jp-border-color2);border-radius:6px;background:var(--jp-layout-color2);padding:10px 12px;position:relative}
.prompt{position:absolute;right:8px;top:4px;font-size:11px;color:var(--jp-content-font-color2);user-select:none}
.outputs{padding:8px 2px 0}
.output{margin:6px 0;overflow-x:auto}
.stderr{color:var(--jp-content-font-color2);border-left:3px solid var(--ansi-yellow);padding-left:8px}
.error{background:var(--error-background);padding:10px 12px;border-radius:6px}
.raw{color:var(--jp-content-font-color2)}
.hl-keyword{color:var(--hl-keyword)}.hl-string{color:var(--hl-string)}.hl-comment{color:var(--hl-comment);font-style:italic}
.hl-number,.hl-constant{color:var(--hl-number)}
.ansi-bold{font-weight:600}.ansi-italic{font-style:italic}.ansi-underline{text-decoration:underline}
${["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"].map((name) => `.ansi-${name}{color:var(--ansi-${name})}`).join("")}
footer{margin-top:4em;color:var(--jp-content-font-color2);font-size:13px}
@media print{main{max-width:none;padding:0}.cell,.output{break-inside:avoid}.modebar{display:none!important}}
`;
