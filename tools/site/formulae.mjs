// Formulae as HTML and MathML: reads [[latex, display], …] as JSON, writes the markup of each.
import { readFileSync } from "node:fs";
import katex from "katex";

const formulae = JSON.parse(readFileSync(0, "utf8"));
const set = ([latex, displayMode]) => katex.renderToString(latex, { displayMode, strict: "error" });
process.stdout.write(JSON.stringify(formulae.map(set)));
