/** The page of the home visits: opens what the device keeps, shows it, and sends what is ready. */

import { newName } from "./codec.js";
import { askedAnswers } from "./conditions.js";
import { isAble, keepPage } from "./device.js";
import { showForm } from "./form.js";
import { Server } from "./server.js";
import { channel, count, dropOldPhrases, list, openStore, publish } from "./store.js";
import { openByPhrase, openBySession, toSend } from "./vault.js";
import { showConflict, showList, showLocked, showNothing, showRemove, stateOf } from "./views.js";
import { inWords, make, piece, say, takeWords } from "./words.js";

const IDLE = 30 * 60 * 1000;

const main = document.querySelector("main");
const addresses = main.dataset;
const server = new Server(addresses);
const view = document.getElementById("view");
let usualTitle = document.title;

let database = null;
let vault = null;
let sheets = [];
let definitions = new Map();
const told = [];
let sending = false;
let askedMeanwhile = false;
let atList = false;
let inHand = null;
let touched = Date.now();
let drawAgain = () => show();

async function start() {
  if (!isAble()) return note([["attention", say("not_able")]]);
  navigator.locks.request("visits", { ifAvailable: true }, (lock) => !lock && note([["attention", say("only_here")]]));
  return navigator.locks.request("visits", () => run().then(() => new Promise(() => {})));
}

async function run() {
  try {
    database = await openStore();
  } catch {
    return note([["attention", say("not_able")]]);
  }
  await dropOldPhrases(database);
  await publish(database);
  await server.ask();
  if (server.signedIn) {
    keepPage(addresses).catch(() => {});
    await openWithSession();
  }
  await show();
  await sendReady();
  return watch();
}

async function openWithSession() {
  const { state, vault: opened } = await openBySession(database, server);
  if (state === "key_changed") tell("attention", say("key_changed"));
  if (opened) await enter(opened);
}

async function enter(opened) {
  vault = opened;
  sheets = await vault.sheets();
  definitions = await vault.definitions();
}

function leave() {
  vault = null;
  sheets = [];
  definitions = new Map();
}

/** Show what there is to see: the lock, nothing, or the list. */
async function show({ focus = false } = {}) {
  inHand = null;
  drawAgain = () => show();
  atList = Boolean(vault);
  if (vault && sheets.length) showList(view, sheets, definitions, act);
  else if (vault) showNothing(view, addresses.prepare);
  else await showClosed();
  await showHead();
  if (focus) focusHeading();
}

async function showClosed() {
  const rings = await list(database, "rings");
  const kept = count(await list(database, "sheets"));
  const own = server.signedIn && kept.some(({ owner }) => owner === server.session.account);
  const phrase = rings.some((ring) => ring.phrase);
  if (!kept.length || (server.signedIn && !own)) return showNothing(view, addresses.prepare);
  if (rings.some((ring) => ring.expired) && !phrase && !server.signedIn) tell("attention", say("too_old"));
  const signIn = server.session.state === "signed_out" || (!phrase && !own);
  return showLocked(view, { phrase, session: own, signIn }, {
    signIn: addresses.signIn,
    byPhrase: async (words) => {
      const opened = await openByPhrase(database, words);
      if (opened) {
        await enter(opened);
        await show({ focus: true });
        await sendReady();
      }
      return Boolean(opened);
    },
    bySession: async () => {
      await openWithSession();
      await show({ focus: true });
    },
  });
}

function focusHeading() {
  const heading = view.querySelector("h1");
  heading.tabIndex = -1;
  heading.focus();
}

// The head of the page: how many are unsent, whether there is network, who is signed in

async function showHead() {
  const kept = count(await list(database, "sheets"));
  const owner = vault?.owner ?? server.session.account;
  const unsent = (some) => some.reduce((sum, one) => sum + one.unsent, 0);
  const own = unsent(owner ? kept.filter((one) => one.owner === owner) : kept);
  document.getElementById("unsent").textContent = say("unsent", { count: own });
  document.getElementById("unsent").classList.toggle("some", own > 0);
  document.title = own ? `(${own}) ${usualTitle}` : usualTitle;
  document.getElementById("lock").hidden = !vault;
  const out = document.getElementById("sign-out");
  out.hidden = !server.signedIn;
  out.elements.csrf_token.value = server.session.token ?? "";
  const others = owner ? unsent(kept.filter((one) => one.owner !== owner)) : 0;
  note([...networkNotes(), ...(others ? [["", say("others", { count: others })]] : []), ...told]);
}

function networkNotes() {
  const { state, account, name } = server.session;
  if (state === "signed_in" && vault && account !== vault.owner) return [["attention", say("other_account")]];
  if (state === "signed_in") return [["quiet", say("signed_in", { name })]];
  if (state === "offline") return [["attention", say("offline")]];
  if (state === "signed_out") return [["attention", say("signed_out"), [say("sign_in"), addresses.signIn]]];
  return [["attention", say(state)]];
}

function note(lines) {
  document.getElementById("notices").replaceChildren(...lines.map(([kind, text, link]) => {
    const box = piece("notice").firstElementChild;
    if (kind) box.classList.add(kind);
    box.firstElementChild.append(text, ...(link ? [" ", make("a", { href: link[1] }, link[0])] : []));
    if (kind === "positive") box.setAttribute("role", "status");
    return box;
  }));
}

function tell(kind, text) {
  if (!told.some(([, earlier]) => earlier === text)) told.push([kind, text]);
}

// What the worker does

function act(name, sheet) {
  if (name === "send") return sendReady({ asked: true });
  if (name === "remove") return sheet.unsent ? askRemove(sheet) : remove(sheet);
  return sheet.conflict ? openConflict(sheet) : openSheet(sheet);
}

async function back() {
  await show({ focus: true });
  await sendReady();
}

function openSheet(sheet, { focus = true } = {}) {
  atList = false;
  inHand = sheet;
  drawAgain = () => openSheet(sheet, { focus: false });
  showForm(view, sheet, definitions.get(sheet.definition), {
    back,
    save: async (changed) => {
      await vault.save(changed);
      await showHead();
    },
    done: async (finished) => {
      Object.assign(finished, { ready: true, unsent: true, faults: null, problem: "" });
      await keep(finished);
      await show({ focus: true });
      await sendReady();
    },
  });
  if (focus && !sheet.faults) focusHeading();
}

/** Save what the worker or the server has said about a sheet; where the device cannot, say so. */
async function keep(sheet) {
  try {
    await vault.save(sheet);
  } catch {
    tell("attention", say("not_saved"));
  }
}

function askRemove(sheet) {
  atList = false;
  drawAgain = () => askRemove(sheet);
  showRemove(view, sheet, definitions.get(sheet.definition), { back, really: () => remove(sheet) });
  focusHeading();
}

async function remove(sheet) {
  await vault.remove(sheet);
  sheets = sheets.filter((one) => one !== sheet);
  await show({ focus: true });
}

function openConflict(sheet) {
  atList = false;
  drawAgain = () => openConflict(sheet);
  const there = definitions.get(sheet.definition).goals ? addresses.storedGoals : addresses.stored;
  const stored = there.replace("EPISODE", encodeURIComponent(sheet.episode))
    .replace("ADMINISTRATION", encodeURIComponent(sheet.administration));
  showConflict(view, sheet, definitions.get(sheet.definition), {
    stored, back,
    keepStored: () => remove(sheet),
    correct: async (reason) => {
      const { stored: theirs, key } = sheet.conflict;
      Object.assign(sheet, { reason, key, base_revision: theirs.revision, conflict: null, ready: true });
      await keep(sheet);
      await show({ focus: true });
      await sendReady();
    },
  });
}

// Sending

/**
 * Send what is ready, one after the other, but not what is open on the screen. A sheet leaves the device only when the
 * server has said that it is stored.
 */
async function sendReady({ asked = false } = {}) {
  if (!vault) return;
  if (sending) {
    askedMeanwhile = true;
    return;
  }
  sending = true;
  askedMeanwhile = false;
  try {
    if (asked || !server.signedIn) await server.ask();
    for (const sheet of sheets.filter((one) => stateOf(one) === "ready")) {
      if (!vault || !server.signedIn || server.session.account !== vault.owner) break;
      if (sheet === inHand) continue;
      if (!(await send(sheet))) break;
    }
  } finally {
    sending = false;
  }
  if (atList) await show();
  else await showHead();
  // The network may have come back while a try was still waiting for the one that was gone.
  if (askedMeanwhile) await sendReady();
}

/** Try again what is ready: a browser does not always say that the network, or the server, is back. */
async function tryAgain() {
  if (navigator.onLine && !document.hidden && sheets.some((one) => stateOf(one) === "ready")) await sendReady();
}

/** Send one sheet; whether the next one may be tried. */
async function send(sheet) {
  const definition = definitions.get(sheet.definition);
  const { steps } = definition.wordings[sheet.language];
  sheet.sending = true;
  if (atList) await show();
  const address = `${addresses.sheets}/${encodeURIComponent(sheet.administration)}`;
  const { state, status, reply } = await server.post(address, toSend(sheet, askedAnswers(steps, sheet.answers)));
  delete sheet.sending;
  if (state === "ok") {
    await vault.remove(sheet);
    sheets = sheets.filter((one) => one !== sheet);
    const what = `${sheet.client}, ${inWords(definition).title}, ${inWords(sheet).point}`;
    tell("positive", say(reply.repeated ? "sent_before" : "sent_one", { what, clock: reply.clock }));
    return true;
  }
  if (state !== "refused") {
    if (state !== server.session.state) server.keep({ ...server.session, state });
    return false;
  }
  sheet.ready = false;
  if (reply.stored) sheet.conflict = { message: reply.message, stored: reply.stored, key: newName() };
  else if (status === 422) sheet.faults = reply;
  else sheet.problem = reply.message;
  await keep(sheet);
  return true;
}

// Network, locks and other windows

function watch() {
  window.addEventListener("online", async () => {
    await server.ask();
    await sendReady();
  });
  window.addEventListener("offline", async () => {
    server.keep({ state: "offline" });
    await showHead();
  });
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, () => (touched = Date.now()));
  setInterval(lockIfIdle, 15_000);
  setInterval(tryAgain, 5_000);
  document.addEventListener("visibilitychange", lockIfIdle);
  channel.addEventListener("message", async ({ data }) => {
    if (vault && data.forgotten === vault.owner) await lockNow();
  });
  watchHead();
}

/** The head of the page is another one after the language was switched. */
function watchHead() {
  document.getElementById("lock").addEventListener("click", () => lockNow({ focus: true }));
  document.getElementById("sign-out").addEventListener("submit", (event) => {
    if (!sheets.some((sheet) => sheet.unsent)) return;
    event.preventDefault();
    location.assign(addresses.leave);
  });
  document.getElementById("languages").addEventListener("click", (event) => {
    const link = event.target.closest("[data-language]");
    if (!link) return;
    event.preventDefault();
    switchLanguage(link).catch(() => location.assign(link.href));
  });
}

/** The same page in another language, with or without network: what is open stays open, what is typed stays typed. */
async function switchLanguage(link) {
  const { language } = link.dataset;
  const reply = await fetch(link.href, { redirect: "manual", cache: "no-store" });
  const text = reply.ok ? await reply.text() : "";
  const typed = new Map([...view.querySelectorAll("#phrase, #reason")].map((one) => [one.id, one.value]));
  if (!text || !takeWords(new DOMParser().parseFromString(text, "text/html"))) return location.assign(link.href);
  usualTitle = document.title = new DOMParser().parseFromString(text, "text/html").title;
  watchHead();
  await drawAgain();
  for (const [id, value] of typed) document.getElementById(id).value = value;
  await showHead();
  const here = document.querySelector("#languages [aria-current]");
  here.tabIndex = -1;
  here.focus();
  if (!server.signedIn) await server.ask();
  if (server.signedIn) await server.remember(language);
}

async function lockNow(rest) {
  leave();
  told.length = 0;
  await show(rest);
}

function lockIfIdle() {
  if (vault && Date.now() - touched > IDLE) lockNow();
}

start();
