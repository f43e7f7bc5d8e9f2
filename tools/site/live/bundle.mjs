// Bundles the page's half of the live pages: `node bundle.mjs FOLDER`.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = (name) => fileURLToPath(new URL(`src/${name}`, import.meta.url));
await build({
  entryPoints: ["live.js", "worker.js", "editor.js", "sw.js", "live.css"].map(source),
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "linked",
  logLevel: "warning",
});
