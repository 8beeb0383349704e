// Keeps the static files and the offline page, never another page or a part of one.
const FILES = {{ addresses | tojson }};
const CACHE = "latchkey-{{ version }}";

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  await cache.put("/offline", await offlinePage());
}

// Without cookies: a page for all users must not hold the name of one user. While servers are replaced one by one, it
// may come from another version than these files do; then the installation fails and the browser tries again later.
async function offlinePage() {
  const answer = await fetch("/offline", { credentials: "omit", cache: "reload" });
  const named = (await answer.clone().text()).match(/\/static\/[^"]+/g) ?? [];
  if (!answer.ok || !named.every((name) => FILES.includes(name))) throw new Error("The offline page is of another version.");
  return answer;
}

async function empty() {
  const old = (await caches.keys()).filter((name) => name.startsWith("latchkey-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function fromNetwork(request) {
  try {
    return await fetch(request);
  } catch {
    const cache = await caches.open(CACHE);
    return (await cache.match("/offline")) ?? Response.error();
  }
}

// A new version takes over once no page of the old one is open, as is the browsers' default: so the old files go only
// when no page needs them.
addEventListener("install", (event) => event.waitUntil(fill()));
addEventListener("activate", (event) => event.waitUntil(empty()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  else if (request.mode === "navigate") event.respondWith(fromNetwork(request));
});
