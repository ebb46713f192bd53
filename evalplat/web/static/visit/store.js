/** What lies on the device: keys locked twice, sealed sheets and definitions, and a count that the server may see. */

const NAME = "home-visits";
const STORES = { rings: "owner", sheets: "id", definitions: "id" };
const COOKIE = "visits";
const LONGEST_COOKIE = 400 * 24 * 3600;

export const channel = new BroadcastChannel(NAME);

function settle(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export async function openStore() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath });
  };
  const database = await settle(request);
  database.onversionchange = () => database.close();
  return database;
}

export function list(database, store) {
  return settle(database.transaction(store).objectStore(store).getAll());
}

export function find(database, store, key) {
  return settle(database.transaction(store).objectStore(store).get(key));
}

/** Write and remove in one transaction that is on the disk when this returns; all of it or nothing. */
export async function change(database, { put = {}, remove = {} }) {
  await write(database, { put, remove });
  await publish(database);
}

function write(database, { put, remove }) {
  const transaction = database.transaction(Object.keys(STORES), "readwrite", { durability: "strict" });
  for (const [store, rows] of Object.entries(put)) for (const row of rows) transaction.objectStore(store).put(row);
  for (const [store, keys] of Object.entries(remove)) for (const key of keys) transaction.objectStore(store).delete(key);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Save one sheet. The server hears of an unsent sheet before it is written, so that no page empties the device meanwhile. */
export async function putSheet(database, row) {
  const sheets = await list(database, "sheets");
  tell([...sheets.filter((one) => one.id !== row.id), row]);
  await change(database, { put: { sheets: [row] } });
}

/** [owner, unsent, all] of everybody who has sheets here. */
export function count(sheets) {
  const owners = new Map();
  for (const { owner, unsent } of sheets) {
    const [some, all] = owners.get(owner) ?? [0, 0];
    owners.set(owner, [some + (unsent ? 1 : 0), all + 1]);
  }
  return [...owners].map(([owner, [unsent, all]]) => ({ owner, unsent, all }));
}

export async function publish(database) {
  tell(await list(database, "sheets"));
}

function tell(sheets) {
  const value = count(sheets).map(({ owner, unsent, all }) => `${owner}:${unsent}:${all}`).join(".");
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${COOKIE}=${value}; path=/; samesite=lax; max-age=${value ? LONGEST_COOKIE : 0}${secure}`;
}

/** Phrases that have expired open nothing any more. */
export async function dropOldPhrases(database, now = Date.now()) {
  const old = (await list(database, "rings")).filter((ring) => ring.phrase && ring.phrase.until < now);
  if (old.length) await change(database, { put: { rings: old.map((ring) => ({ ...ring, phrase: null, expired: true })) } });
}

/** On signing out: the phrase, and everything of this account that is not unsent. What is unsent keeps the server's lock. */
export async function forget(database, owner) {
  const ring = await find(database, "rings", owner);
  const own = (await list(database, "sheets")).filter((sheet) => sheet.owner === owner);
  const gone = own.filter((sheet) => !sheet.unsent).map((sheet) => sheet.id);
  if (gone.length < own.length) {
    const put = ring ? { rings: [{ ...ring, phrase: null }] } : {};
    await change(database, { put, remove: { sheets: gone } });
  } else {
    const definitions = (await list(database, "definitions")).filter((one) => one.owner === owner).map((one) => one.id);
    await change(database, { remove: { sheets: gone, definitions, rings: [owner] } });
  }
  channel.postMessage({ forgotten: owner });
}
