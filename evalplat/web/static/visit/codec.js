/** Encrypting what a device keeps: AES-GCM, each record bound to its owner and its place; keys derived, never stored bare. */

const ITERATIONS = 600_000;
const IV_BYTES = 12;
const SALT_BYTES = 16;
const text = new TextEncoder();

export function random(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}

export function newSalt() {
  return random(SALT_BYTES);
}

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

export function newName() {
  return toBase64(random(16)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The key of the device's data. Only while a visit is prepared can it be taken out, to be locked anew. */
export function newDataKey() {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
}

export function keyFromServer(base64) {
  const raw = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["wrapKey", "unwrapKey"]);
}

/** A phrase as it counts: capitals, the way letters are composed and the number of spaces make no difference. */
export function plainPhrase(phrase) {
  return phrase.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
}

export async function keyFromPhrase(phrase, salt, iterations = ITERATIONS) {
  const raw = text.encode(plainPhrase(phrase));
  const base = await crypto.subtle.importKey("raw", raw, "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations }, base,
    { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"],
  );
}

function bound(iv, ...place) {
  return { name: "AES-GCM", iv, additionalData: text.encode(place.join("\n")) };
}

export async function lock(dataKey, by, owner) {
  const iv = random(IV_BYTES);
  return { iv, body: new Uint8Array(await crypto.subtle.wrapKey("raw", dataKey, by, bound(iv, "key", owner))) };
}

/** The data key; null where `by` is not what locked it. */
export async function unlock({ iv, body }, by, owner, { extractable = false } = {}) {
  try {
    return await crypto.subtle.unwrapKey(
      "raw", body, by, bound(iv, "key", owner), "AES-GCM", extractable, ["encrypt", "decrypt"],
    );
  } catch {
    return null;
  }
}

export async function lockByPhrase(dataKey, phrase, owner, until) {
  const salt = newSalt();
  const by = await keyFromPhrase(phrase, salt);
  return { salt, iterations: ITERATIONS, until, ...(await lock(dataKey, by, owner)) };
}

export async function unlockByPhrase(locked, phrase, owner) {
  return unlock(locked, await keyFromPhrase(phrase, locked.salt, locked.iterations), owner);
}

export async function seal(dataKey, owner, place, value) {
  const iv = random(IV_BYTES);
  const plain = text.encode(JSON.stringify(value));
  return { iv, body: new Uint8Array(await crypto.subtle.encrypt(bound(iv, owner, place), dataKey, plain)) };
}

export async function open(dataKey, owner, place, { iv, body }) {
  const plain = await crypto.subtle.decrypt(bound(iv, owner, place), dataKey, body);
  return JSON.parse(new TextDecoder().decode(plain));
}
