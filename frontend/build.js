// Bundles src/ into the one module that the Python package ships. `--check` compares instead of writing.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const target = (name) => here(`../cnnlib/widgets/static/${name}`);

// A hash of the sources stands in the first line, so that a test without Node sees when they have moved on.
const hash = createHash("sha256");
for (const name of readdirSync(here("src")).sort()) {
  hash.update(name + "\0" + readFileSync(here(`src/${name}`), "utf8").replaceAll("\r\n", "\n") + "\0");
}
const banner = `/* Built from frontend/src (${hash.digest("hex").slice(0, 16)}) by "npm run build": do not edit. */`;

const result = await build({
  entryPoints: [here("src/page.js"), here("src/page.css")],
  bundle: true,
  minify: true,
  legalComments: "inline",
  banner: { js: banner, css: banner },
  format: "esm",
  target: "es2022",
  outdir: here("dist"),
  write: false,
  charset: "utf8",
});

let drifted = false;
for (const file of result.outputFiles) {
  const name = file.path.endsWith(".css") ? "page.css" : "page.js";
  if (process.argv.includes("--check")) {
    if (readFileSync(target(name), "utf8") !== file.text) {
      drifted = true;
      console.error(`cnnlib/widgets/static/${name} is not what frontend/src gives: run "npm run build".`);
    }
  } else {
    writeFileSync(target(name), file.text);
    console.log(`${name}: ${(file.text.length / 1024).toFixed(1)} KB`);
  }
}
process.exit(drifted ? 1 : 0);
