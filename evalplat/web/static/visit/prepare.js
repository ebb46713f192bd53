/** Preparing a visit: the chosen sheets are fetched, encrypted and kept, and so is the page that they are filled in on. */

import { plainPhrase } from "./codec.js";
import { isAble, keepPage } from "./device.js";
import { Server } from "./server.js";
import { openStore } from "./store.js";
import { openForPreparing } from "./vault.js";
import { make, mark, part, say, takeWords, write } from "./words.js";

const SHORTEST = 12;
const FEWEST_DIFFERENT = 5;

const addresses = document.querySelector("main").dataset;
const SWITCH = "switch_language";
let form, progress, button, fields;

/** The parts of the page; they are other ones after the language was switched. */
function findParts() {
  form = document.getElementById("visit");
  progress = document.getElementById("progress");
  button = form?.querySelector("button[type=submit]");
  fields = ["phrase", "again"].map((id) => document.getElementById(id));
}

findParts();

function checkPhrase(phrase, again) {
  const plain = plainPhrase(phrase);
  if (plain.length < SHORTEST) return [say("short"), ""];
  if (new Set(plain).size < FEWEST_DIFFERENT) return [say("simple"), ""];
  return ["", plain === plainPhrase(again) ? "" : say("differ")];
}

/** Every fault at once, on top and at its field. */
function showFaults(message, faults) {
  const box = document.getElementById("summary");
  box.replaceChildren(document.getElementById("summary-template").content.cloneNode(true));
  write(box, { message });
  part(box, "faults").append(...faults.map(([field, text]) => {
    const link = make("a", { href: `#${field.id}` }, text);
    return make("li", {}, link);
  }));
  box.firstElementChild.focus();
}

function check() {
  const chosen = [...form.querySelectorAll("[name=sheet]:checked")].map((one) => one.value);
  const faults = [];
  const none = chosen.length ? "" : say("choose");
  const error = document.getElementById("sheets-error");
  Object.assign(error, { textContent: none, hidden: !none });
  if (none) faults.push([form.querySelector("[name=sheet]"), none]);
  checkPhrase(...fields.map((field) => field.value)).forEach((text, place) => {
    mark(fields[place], text);
    if (text) faults.push([fields[place], text]);
  });
  document.getElementById("summary").replaceChildren();
  if (faults.length) showFaults(say("not_prepared"), faults);
  return faults.length ? null : chosen;
}

/** Returns the words for what went wrong, or nothing. */
async function prepare(chosen) {
  if (!isAble()) return say("not_able");
  const server = new Server(addresses);
  if ((await server.ask()).state !== "signed_in") return say(server.session.state === "signed_out" ? "signed_out" : "unreachable");
  const names = form.elements.names.value;
  const { state, reply } = await server.post(addresses.sheets, { administrations: chosen, names });
  if (state === "refused") return [reply.message, ...reply.faults.map((fault) => fault.text)].join(" ");
  if (state !== "ok") return say(state === "signed_out" ? "signed_out" : "unreachable");
  try {
    await keepPage(addresses);
  } catch {
    return say("not_able");
  }
  const database = await openStore();
  const opened = await openForPreparing(database, server, fields[0].value);
  if (opened.state !== "ok") return say(opened.state === "key_changed" ? "key_changed" : "unreachable");
  await opened.vault.add(reply.sheets, reply.definitions);
  await navigator.storage?.persist?.();
  return "";
}

async function start() {
  const chosen = check();
  if (!chosen) return;
  button.disabled = true;
  progress.textContent = say("working");
  let wrong;
  try {
    wrong = await navigator.locks.request("visits-prepare", () => prepare(chosen));
  } catch {
    wrong = say("not_able");
  }
  button.disabled = false;
  progress.textContent = "";
  if (wrong) showFaults(wrong, []);
  else location.assign(addresses.here);
}

function showTyped() {
  for (const field of fields) field.type = document.getElementById("show").checked ? "text" : "password";
}

/** Everything that was ticked and typed; the phrase never leaves this page, so the server cannot give it back. */
function readTyped() {
  const parts = [...document.querySelectorAll("main input[id]")];
  return parts.map(({ id, name, value, checked }) => ({ id, name, value, checked }));
}

function writeTyped(typed) {
  for (const { id, name, value, checked } of typed) {
    const part = name === "sheet" ? form?.querySelector(`[name=sheet][value="${CSS.escape(value)}"]`) : document.getElementById(id);
    if (!part) continue;
    if (["checkbox", "radio"].includes(part.type)) part.checked = checked;
    else part.value = value;
  }
  if (form) showTyped();
}

/** The same page in another language; the search that is listed stays, whatever has been typed over it meanwhile. */
async function switchLanguage(filters, pressed) {
  const body = new URLSearchParams(new FormData(filters, pressed));
  body.set("search", document.getElementById("search").defaultValue);
  const reply = await fetch(filters.action, { method: "POST", redirect: "manual", cache: "no-store", body });
  if (reply.type === "opaqueredirect") return showFaults(say("signed_out"), []);
  if (!reply.ok) return showFaults(say("unreachable"), []);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const faulty = document.getElementById("summary").childElementCount > 0;
  const typed = readTyped();
  if (!takeWords(page)) return location.reload();
  document.title = page.title;
  const main = document.querySelector("main");
  for (const one of [...main.children]) if (!one.matches("template")) one.remove();
  main.prepend(...page.querySelector("main").children);
  findParts();
  writeTyped(typed);
  if (faulty) return check();
  const here = document.querySelector(".languages [aria-current]");
  here.tabIndex = -1;
  here.focus();
}

document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (target.id === "visit") {
    event.preventDefault();
    start();
  } else if (target.id === "filters" && submitter?.name === SWITCH) {
    event.preventDefault();
    if (!button?.disabled) switchLanguage(target, submitter).catch(() => showFaults(say("unreachable"), []));
  }
});

document.addEventListener("change", ({ target }) => target.id === "show" && showTyped());
