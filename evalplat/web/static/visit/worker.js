/* Keeps the page of the home visits, its scripts and its looks on the device, and nothing else: no name, no answer, no
   token. The server writes SHELL before this: the edition, the page's address, and the addresses of its files. */

const PREFIX = "visits-";
const CACHE = PREFIX + SHELL.edition;
const PATIENCE = 3000;

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.files);
  for (const address of [SHELL.page, ...SHELL.pages]) {
    const page = await fetch(address, { redirect: "manual", cache: "no-store" });
    if (!fits(page)) throw new Error("the page cannot be kept just now");
    await cache.put(address, page);
  }
}

/** Only the page itself, of this edition; never the way to the sign-in page or an error. */
function fits(page) {
  return page.ok && page.type === "basic" && page.headers.get("Edition") === SHELL.edition;
}

async function drop() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as the server has it now, or else as it is kept; in the language of the address, where it names one. */
async function answerPage(request, wanted) {
  const cache = await caches.open(CACHE);
  const address = SHELL.pages.includes(wanted) ? wanted : SHELL.page;
  const kept = await cache.match(address, { ignoreVary: true });
  // A language that was chosen is also that of the next start without network.
  if (kept && address !== SHELL.page) await cache.put(SHELL.page, kept.clone());
  const asked = fetch(request).then(async (page) => {
    if (fits(page)) await cache.put(address, page.clone());
    return page;
  });
  if (!kept) return asked;
  asked.catch(() => {});
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const page = await Promise.race([asked.catch(() => null), late]);
  return page?.ok ? page : kept;
}

async function answerFile(request) {
  return (await (await caches.open(CACHE)).match(request, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => event.waitUntil(drop()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname === SHELL.page) {
    event.respondWith(answerPage(request, url.pathname + url.search));
  } else if (SHELL.files.includes(url.pathname + url.search)) event.respondWith(answerFile(request));
});
