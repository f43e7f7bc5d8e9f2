// Python in a Web Worker: fetches what it needs (kept for the next visit), starts, runs cells, passes messages on.
import { Store } from "./store.js";

const HOME = "/course";
const MARKS = `${HOME}/progress.json`; // of the exercises; the record stands beside it
const RECORD = `${HOME}/progress.learning.json`;
const IMPORTS = /^import matplotlib.*$/gm; // what stands for it until it is used: course_page/shell.py
const DRAWS = /\b(matplotlib|plt)\b|\.plot\(/;
// What the course imports of the standard library, into the memory that is kept for the next visit. Nothing
// compiled beside Python itself can be in there, NumPy least of all.
const BEFORE = `import ast, base64, bisect, contextlib, copy, csv, ctypes, dataclasses, datetime, difflib, functools, gzip, hashlib
import html.entities, inspect, io, itertools, json, linecache, logging, numbers, pathlib, pickle, platform, random, re, secrets
import statistics, string, tempfile, textwrap, threading, tomllib, traceback, typing, urllib.parse, uuid, warnings, zipfile`;
const LATER = 3000; // milliseconds until it is kept: the first pictures come before
let python = null;
let store = null;
let host = null;

const say = (message, transfer = []) => postMessage(message, transfer);

/** What Python says to the page: a text in JSON, and arrays. */
function tell(text, buffers) {
  const copies = buffers.toJs().map((one) => one.slice().buffer);
  say({ ...JSON.parse(text), buffers: copies }, copies);
}

/** Writes the files of a pack below a folder: length of its list, the list, the contents. */
function unpack(bytes, folder) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const list = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  const made = new Set();
  for (const [name, size] of list) {
    const path = `${folder}/${name}`;
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(parent)) {
      python.FS.mkdirTree(parent);
      made.add(parent);
    }
    python.FS.writeFile(path, bytes.subarray(at, at + size), { canOwn: true });
    at += size;
  }
}

async function start({ base, folder, record }) {
  const began = performance.now();
  const at = (what) => say({ type: "time", what, ms: performance.now() - began });
  store = new Store(base, (done, total) => say({ type: "progress", done, total }));
  await store.open();
  const native = globalThis.fetch.bind(globalThis);
  globalThis.fetch = (resource, options) => store.answer(resource) ?? native(resource, options);
  const packs = ["packages.pack", "course.pack"].map((name) => store.bytes(name));
  const script = store.bytes("pyodide.asm.js");
  for (const name of ["pyodide.asm.wasm", "python_stdlib.zip"]) store.bytes(name);
  const { loadPyodide } = await import(new URL("pyodide.mjs", base).href);
  const address = URL.createObjectURL(new Blob([await script], { type: "text/javascript" }));
  await import(address);
  URL.revokeObjectURL(address);
  const memory = await begin(loadPyodide, base);
  at("core");
  for (const pack of packs) unpack(await pack, site());
  store.close();
  python.FS.mkdirTree(`${HOME}/${folder}`);
  python.FS.chdir(`${HOME}/${folder}`);
  if (record) python.FS.writeFile(RECORD, record);
  at("files");
  python.runPython("import numpy, cnnlib");
  host = python.pyimport("course_page").Host(tell, (name) => store.bytesNow(name));
  at("started");
  say({ type: "started" });
  if (memory) setTimeout(() => store.keepMemory(memory), LATER);
}

/** Start Python from the memory that an earlier visit has left; else anew, and return its memory for the next. */
async function begin(loadPyodide, base) {
  const env = { HOME, CNNLIB_PROGRESS: MARKS, CNNLIB_DATA: `${HOME}/data`, MPLBACKEND: "agg", PYTHONDONTWRITEBYTECODE: "1" };
  const kept = await store.memory();
  if (kept) {
    try {
      python = await loadPyodide({ indexURL: base, env, _loadSnapshot: kept });
      return null;
    } catch (error) {
      console.warn(`Python starts anew: ${error}`);
      await store.forgetMemory();
    }
  }
  python = await loadPyodide({ indexURL: base, env, _makeSnapshot: true });
  python.runPython(BEFORE);
  return python.makeMemorySnapshot();
}

const site = () => python.runPython("import sys; sys.path[-1]");

async function run({ cell, source, draws, id }) {
  if (draws || DRAWS.test(source.replace(IMPORTS, ""))) await python.loadPackage("matplotlib", { messageCallback: () => {} });
  say({ type: "ran", id, right: await host.run(cell, source) });
}

const handlers = {
  start,
  run,
  widget: ({ key, message }) => host?.receive(key, JSON.stringify(message)),
  record: ({ text }) => host?.write_record(text),
};

// One cell after the other; what a widget says is heard whenever Python is not at work.
let cells = Promise.resolve();
onmessage = ({ data }) => {
  const failed = (error) => say({ type: "failed", id: data.id, text: String(error?.message ?? error).slice(-800) });
  if (data.type === "start" || data.type === "run") cells = cells.then(() => handlers[data.type](data)).catch(failed);
  else handlers[data.type](data);
};
