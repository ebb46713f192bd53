/** The opened sheets of one worker. The key is in this page's memory only; it can be taken out while preparing alone. */

import { newDataKey, newName, newSalt, keyFromServer, lock, lockByPhrase, open, seal, toBase64, unlock, unlockByPhrase } from "./codec.js";
import { change, find, list, putSheet } from "./store.js";

const PHRASE_HOURS = 24;
const SENT_FIELDS = ["definition", "key", "base_revision", "measured_on", "mode", "respondent", "language", "answered_with", "present", "reason"];

export class Vault {
  constructor(database, owner, key) {
    Object.assign(this, { database, owner, key, saving: new Map() });
  }

  /** Every sheet of the owner, by client; `unsent` says whether there is anything to lose. */
  async sheets() {
    const rows = (await list(this.database, "sheets")).filter((row) => row.owner === this.owner);
    const opened = await Promise.all(rows.map(async (row) => ({
      ...(await open(this.key, this.owner, `sheet ${row.id}`, row)), id: row.id, unsent: row.unsent,
    })));
    return opened.sort((a, b) => a.client.localeCompare(b.client) || a.definition.localeCompare(b.definition));
  }

  /** Every definition by name. Where it lies says nothing of what it is. */
  async definitions() {
    const rows = (await list(this.database, "definitions")).filter((row) => row.owner === this.owner);
    const opened = await Promise.all(rows.map((row) => open(this.key, this.owner, `definition ${row.id}`, row)));
    return new Map(opened.map((definition, place) => [definition.name, { ...definition, id: rows[place].id }]));
  }

  async sealSheet({ id, unsent, ...sheet }) {
    return { id, owner: this.owner, unsent, ...(await seal(this.key, this.owner, `sheet ${id}`, sheet)) };
  }

  async sealDefinition(id, definition) {
    return { id, owner: this.owner, ...(await seal(this.key, this.owner, `definition ${id}`, definition)) };
  }

  /** Save a sheet as it is now. Changes made while it is being written are written right after; none is skipped. */
  save(sheet) {
    const before = this.saving.get(sheet.id) ?? Promise.resolve();
    const state = structuredClone(sheet);
    const after = before.catch(() => {}).then(async () => putSheet(this.database, await this.sealSheet(state)));
    this.saving.set(sheet.id, after);
    return after;
  }

  /** A sheet goes, and with it the form that is of this client alone: the agreed goals. */
  async remove(sheet) {
    await this.saving.get(sheet.id)?.catch(() => {});
    const form = (await this.definitions()).get(sheet.definition);
    await change(this.database, { remove: { sheets: [sheet.id], definitions: form?.goals ? [form.id] : [] } });
  }

  /** Put newly prepared sheets beside what is here; what is begun already is not touched. */
  async add(sheets, definitions) {
    const here = await this.sheets();
    const begun = new Set(here.filter((sheet) => sheet.unsent).map((sheet) => sheet.administration));
    const fresh = sheets.filter((sheet) => !begun.has(sheet.administration));
    const again = new Set(fresh.map((sheet) => sheet.administration));
    const old = here.filter((sheet) => !sheet.unsent && again.has(sheet.administration)).map((sheet) => sheet.id);
    const rows = await Promise.all(fresh.map((sheet) => this.sealSheet({
      ...sheet, id: newName(), unsent: false, measured_on: "", answered_with: "", present: "", reason: "",
      ready: false, faults: null, conflict: null, problem: "",
    })));
    const known = await this.definitions();
    const sealed = await Promise.all(definitions.map((one) => this.sealDefinition(known.get(one.name)?.id ?? newName(), one)));
    await change(this.database, { put: { sheets: rows, definitions: sealed }, remove: { sheets: old } });
  }
}

/** What is sent of a sheet: the answers to questions that are asked. */
export function toSend(sheet, answers) {
  return { ...Object.fromEntries(SENT_FIELDS.map((name) => [name, sheet[name]])), answers };
}

async function serverKey(server, ring) {
  const { state, reply } = await server.post(server.addresses.key, { salt: toBase64(ring.salt) });
  return state === "ok" ? { state, by: await keyFromServer(reply.key) } : { state };
}

/** Open with the signed-in session. Returns {state, vault}; state is `key_changed` where the server's key does not fit. */
export async function openBySession(database, server, { extractable = false } = {}) {
  const owner = server.session.account;
  const ring = await find(database, "rings", owner);
  if (!ring) return { state: "nothing" };
  const { state, by } = await serverKey(server, ring);
  if (state !== "ok") return { state };
  const key = await unlock(ring.server, by, owner, { extractable });
  return key ? { state: "ok", vault: new Vault(database, owner, key) } : { state: "key_changed" };
}

/** Open with the phrase of a visit; null where it opens nothing. */
export async function openByPhrase(database, phrase) {
  for (const ring of await list(database, "rings")) {
    const key = ring.phrase && (await unlockByPhrase(ring.phrase, phrase, ring.owner));
    if (key) return new Vault(database, ring.owner, key);
  }
  return null;
}

/** The vault to put prepared sheets into: the one that is here, or a new one; locked with the session's key and the phrase. */
export async function openForPreparing(database, server, phrase) {
  let { state, vault } = await openBySession(database, server, { extractable: true });
  if (state !== "ok" && state !== "nothing") return { state };
  const owner = server.session.account;
  let ring = await find(database, "rings", owner);
  if (!vault) {
    ring = { owner, salt: newSalt() };
    const { state: handed, by } = await serverKey(server, ring);
    if (handed !== "ok") return { state: handed };
    vault = new Vault(database, owner, await newDataKey());
    ring.server = await lock(vault.key, by, owner);
  }
  const until = Date.now() + PHRASE_HOURS * 3600 * 1000;
  ring = { ...ring, expired: false, phrase: await lockByPhrase(vault.key, phrase, owner, until) };
  await change(database, { put: { rings: [ring] } });
  return { state: "ok", vault };
}
