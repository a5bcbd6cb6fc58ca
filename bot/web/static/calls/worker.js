// Opens 我的回访 without a network: the shell from a cache, today's cards from the sealed box, never a phone number.
// SHELL and VERSION stand before this, written by the server.

import * as box from "/static/calls/box.js";

const CACHE = `songnuan-${VERSION}`;
const PATIENCE_MS = 5000;
const HEADERS = ["content-type", "content-security-policy", "x-content-type-options", "referrer-policy"];

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  await (await caches.open(CACHE)).addAll(SHELL);
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === "/sign-out") event.respondWith(leave(request));
  else if (request.method === "POST" && url.pathname.startsWith("/sign-in")) event.waitUntil(box.remove("page"));
  else if (request.method !== "GET") return;
  else if (url.pathname.startsWith("/static/")) event.respondWith(piece(request, url));
  else if (url.pathname === "/calls") event.respondWith(cards(event));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => instead(url)));
});

// Once the session is over, nothing of it stays here.
async function leave(request) {
  const answer = await fetch(request);
  if (answer.ok || answer.type === "opaqueredirect") await box.clear();
  return answer;
}

// With its mark a file never changes; without one the network knows better.
async function piece(request, url) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept && url.searchParams.has("v")) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function cards(event) {
  const asked = fetch(event.request).then((answer) => {
    event.waitUntil(keep(answer.clone()));
    return answer;
  });
  asked.catch(() => null);
  const slow = new Promise((good) => setTimeout(good, PATIENCE_MS)).then(kept).then((page) => page ?? asked);
  const first = asked.catch(() => (event.request.mode === "navigate" ? instead(new URL(event.request.url)) : Response.error()));
  return event.request.mode === "navigate" ? Promise.race([first, slow]) : first;
}

async function keep(answer) {
  const until = Number(answer.headers.get("X-Keep-Until"));
  if (!answer.ok || !until) return box.remove("page"); // the session is at an end
  const headers = HEADERS.map((name) => [name, answer.headers.get(name)]).filter(([, value]) => value);
  await box.put("page", { until, sealed: await box.seal({ headers, text: await answer.text() }) });
}

// Today's, or nothing: yesterday's list is thrown away.
async function kept() {
  const page = await box.get("page");
  if (!page) return undefined;
  const whole = Date.now() < page.until ? await box.unseal(page.sealed) : null;
  if (whole) return new Response(whole.text.replace("data-calls ", "data-calls data-kept-here "), { headers: whole.headers });
  await box.remove("page");
  return undefined;
}

async function instead(url) {
  const page = url.pathname === "/" || url.pathname === "/calls" ? await kept() : undefined;
  return page ?? (await caches.match("/static/calls/offline.html")) ?? Response.error();
}
