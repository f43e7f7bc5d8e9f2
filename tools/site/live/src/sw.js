// A service worker: what was visited is there without a network. A page is asked for anew and taken from what is
// kept where no answer comes; what a page loads is taken from what is kept, and renewed meanwhile.
// Python's own files are kept by the pages themselves (store.js) and only handed out here, JupyterLite's by itself.

const KEPT = "cnnlib-pages";
const PYTHON = "cnnlib-python";

addEventListener("install", () => self.skipWaiting());
addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function ours(url) {
  const { scope } = self.registration;
  return url.startsWith(scope) && !url.startsWith(`${scope}lite/`) && !url.endsWith("manifest.json");
}

async function renew(request, cache) {
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") await cache.put(request, answer.clone());
  return answer;
}

async function page(request) {
  const cache = await caches.open(KEPT);
  try {
    return await renew(request, cache);
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

async function part(event) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(event.request);
  const renewed = renew(event.request, cache);
  if (!kept) return renewed;
  event.waitUntil(renewed.catch(() => {}));
  return kept;
}

/** One of Python's files: its name changes with what is in it. */
async function file(request) {
  const cache = await caches.open(PYTHON);
  const kept = await cache.match(request);
  if (kept) return kept;
  return request.url.endsWith(".whl") ? renew(request, cache) : fetch(request);
}

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !ours(request.url)) return;
  if (request.url.startsWith(`${self.registration.scope}live/python/`) && !request.url.endsWith(".mjs")) event.respondWith(file(request));
  else event.respondWith(request.mode === "navigate" ? page(request) : part(event));
});
