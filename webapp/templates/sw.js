// Keeps the static files and the offline page; no page and no part of one is ever kept.
const FILES = {{ addresses | tojson }};
const CACHE = "latchkey-{{ version }}";

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  // Without cookies: what is shown to everybody must not hold anybody's name.
  await cache.add(new Request("/offline", { credentials: "omit", cache: "reload" }));
}

async function empty() {
  const old = (await caches.keys()).filter((name) => name.startsWith("latchkey-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await clients.claim();
}

async function fromNetwork(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match("/offline")) ?? Response.error();
  }
}

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(empty()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  else if (request.mode === "navigate") event.respondWith(fromNetwork(request));
});
