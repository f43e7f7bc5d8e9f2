// Compiles a folder of Python modules with the very Python that will run them: `node compile.mjs FOLDER`.
// A page's Python then starts in half the time. The course keeps its texts, and the sources of what notebooks show
// (SHOWN); of the others only what runs is kept. No file's date is looked at when they are loaded.
import { loadPyodide } from "pyodide-pages";

const SHOWN = ["cnnlib/nn", "cnnlib/autodiff", "cnnlib/networks"];
const COMPILE = `
import ast
from importlib import _bootstrap_external as files
from importlib.util import cache_from_source, source_hash
from pathlib import Path

class Wordless(ast.NodeTransformer):
    def generic_visit(self, node):
        super().generic_visit(node)
        if not isinstance(node, ast.Lambda) and isinstance(getattr(node, "body", None), list) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                first.value.value = ""
        return node

def compile_all(folder, shown, words, sources):
    for path in sorted(Path(folder).rglob("*.py")):
        source = path.read_bytes()
        keep = str(path.relative_to(folder)).startswith(tuple(sources))
        try:
            tree = ast.parse(source)
            tree = tree if words else Wordless().visit(tree)
            code = compile(tree, shown + str(path.relative_to(folder)), "exec", dont_inherit=True)
        except SyntaxError:
            continue
        target = Path(cache_from_source(path)) if keep else path.with_suffix(".pyc")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(files._code_to_hash_pyc(code, source_hash(source), checked=False))
        if not keep:
            path.unlink()
`;

const python = await loadPyodide();
python.FS.mkdir("/work");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.argv[2] }, "/work");
python.runPython(COMPILE);
const compile = python.globals.get("compile_all");
const home = "/lib/python3.12/";
compile("/work/stdlib", "/lib/python312.zip/", false, []);
compile("/work/packages", `${home}site-packages/`, false, []);
compile("/work/course", `${home}site-packages/`, true, SHOWN);
