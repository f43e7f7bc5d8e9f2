// The files of Python: fetched once, kept in the browser's Cache Storage, handed to whoever asks.
// A server need not compress them nor say how long they are: the list that comes first knows.

const KEPT = "cnnlib-python";
const PLAIN = "X-Plain"; // a header of what is kept decompressed
const PAUSE = 200; // milliseconds between two words on the download: each one lays the page out anew

/** Whether an earlier visit has left all files of Python in this browser. */
export async function isKept(base) {
  try {
    const kept = await caches.open(KEPT);
    const { files } = await (await kept.match(new URL("manifest.json", base).href)).json();
    const here = new Set((await kept.keys()).map(({ url }) => url));
    return Object.values(files).every(({ file, later }) => later || here.has(new URL(file, base).href));
  } catch {
    return false; // nothing is kept, or nothing can be
  }
}

const plain = (stream) => stream.pipeThrough(new DecompressionStream("gzip"));

export class Store {
  /**
   * @param {string} base address of the folder that holds manifest.json
   * @param {(done: number, total: number) => void} progress told of bytes as they arrive; not called when all is kept
   */
  constructor(base, progress) {
    this.base = base;
    this.progress = progress;
    this.done = 0;
    this.asked = new Map();
  }

  async open() {
    const address = new URL("manifest.json", this.base).href;
    this.kept = await globalThis.caches?.open(KEPT).catch(() => undefined);
    const native = globalThis.fetch.bind(globalThis);
    this.fetch = native;
    let answer;
    try {
      answer = await native(address, { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      await this.kept?.put(address, answer.clone());
    } catch (error) {
      answer = await this.kept?.match(address);
      if (!answer) throw error;
    }
    this.manifest = await answer.json();
    if (this.manifest.missing) throw new Error(this.manifest.missing);
    this.total = Object.values(this.manifest.files).reduce((sum, file) => sum + (file.later ? 0 : file.bytes), 0);
    await this.tidy();
  }

  /** Drop what an earlier version of the site has left. */
  async tidy() {
    const wanted = new Set(Object.values(this.manifest.files).map(({ file }) => new URL(file, this.base).href));
    wanted.add(this.memoryAddress);
    for (const { url } of (await this.kept?.keys()) ?? []) {
      if (url.startsWith(this.base) && url.endsWith(".bin") && !wanted.has(url)) await this.kept.delete(url);
    }
  }

  /** The answer to a request for one of the files; undefined for any other. */
  answer(resource) {
    const address = String(resource?.url ?? resource);
    const name = address.slice(address.lastIndexOf("/") + 1);
    if (name === "pyodide-lock.json") return Promise.resolve(Response.json(this.manifest.lock));
    if (!this.manifest.files[name] || !address.startsWith(this.base)) return undefined;
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return this.unpacked(name).then((body) => new Response(body, { headers: { "Content-Type": type } }));
  }

  /** A file's content. */
  async bytes(name) {
    if (name.endsWith(".wasm") || name.endsWith(".zip")) {
      this.unpacked(name); // begun now, taken when Pyodide asks
      return undefined;
    }
    const body = await this.unpacked(name);
    return new Uint8Array(await new Response(body).arrayBuffer());
  }

  /** A file as it travels, while Python waits: it is asked for from within a cell or a widget. */
  bytesNow(name) {
    const address = new URL(this.manifest.files[name].file, this.base).href;
    const request = new XMLHttpRequest();
    request.open("GET", address, false);
    request.responseType = "arraybuffer";
    request.send(); // the service worker hands out what is kept
    if (request.status !== 200) throw new Error(`${address}: ${request.status}`);
    this.kept?.put(address, new Response(request.response)).catch(() => {}); // no room
    return new Uint8Array(request.response);
  }

  /** A file as a stream, decompressed. */
  unpacked(name) {
    if (!this.asked.has(name)) this.asked.set(name, this.stream(name));
    return this.asked.get(name);
  }

  /** From what is kept, or from the server and then kept, as it travels. */
  async stream(name) {
    const { file, bytes, later } = this.manifest.files[name];
    const address = new URL(file, this.base).href;
    const kept = await this.kept?.match(address);
    if (kept) {
      if (!later) this.count(bytes, true);
      return kept.headers.has(PLAIN) ? kept.body : plain(kept.body);
    }
    const answer = await this.fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const counted = answer.body.pipeThrough(
      new TransformStream({
        transform: (chunk, controller) => {
          if (!later) this.count(chunk.byteLength);
          controller.enqueue(chunk);
        },
      }),
    );
    if (!this.kept) return plain(counted);
    const [now, copy] = counted.tee();
    this.kept.put(address, new Response(copy)).catch(() => {}); // no room: fetched again next time
    return plain(now);
  }

  /** Keep decompressed what every visit reads: a tenth of a second less before the first picture. */
  async keepPlain() {
    for (const { file, later } of Object.values(this.manifest.files)) {
      const address = new URL(file, this.base).href;
      const kept = later ? undefined : await this.kept?.match(address);
      if (!kept || kept.headers.has(PLAIN)) continue;
      const body = await new Response(plain(kept.body)).arrayBuffer(); // whole, before it takes the other's place
      await this.kept.put(address, new Response(body, { headers: { [PLAIN]: "yes" } })).catch(() => {}); // no room
    }
  }

  // Python's memory as it was when Python had just started. Made here, never sent: it is as large as quick to read.

  /** Where it is kept: another Python has another. */
  get memoryAddress() {
    const parts = ["pyodide.asm.wasm", "python_stdlib.zip"].map((name) => this.manifest.files[name].file.slice(-16, -4));
    return new URL(`memory-${parts.join("-")}.bin`, this.base).href;
  }

  async memory() {
    const kept = await this.kept?.match(this.memoryAddress);
    return kept && new Uint8Array(await kept.arrayBuffer());
  }

  async keepMemory(memory) {
    await this.kept?.put(this.memoryAddress, new Response(memory)).catch(() => {}); // no room
    await this.keepPlain();
  }

  async forgetMemory() {
    await this.kept?.delete(this.memoryAddress);
  }

  count(bytes, silent = false) {
    this.done += bytes;
    const now = performance.now();
    if (silent && !this.told) return;
    if (this.done < this.total && now - this.told < PAUSE) return;
    this.told = now;
    this.progress(this.done, this.total);
  }

  close() {
    this.asked.clear();
  }
}
