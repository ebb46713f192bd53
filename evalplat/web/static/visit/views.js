/** The list of sheets, the lock, and the question what is to become of a sheet. */

import { DECLINED, askedAnswers, progress } from "./conditions.js";
import { inWords, make, mark, part, piece, say, showDay, write } from "./words.js";

export function stateOf(sheet) {
  if (sheet.sending) return "sending";
  if (sheet.conflict) return "conflict";
  if (sheet.faults || sheet.problem) return "faulty";
  if (sheet.ready) return "ready";
  return sheet.unsent ? "begun" : "prepared";
}

const OPEN = { prepared: "fill_in", begun: "go_on", ready: "look", faulty: "mend", conflict: "compare", sending: "look" };

/** `act(name, sheet)` is called with open, remove or send. */
export function showList(root, sheets, definitions, act) {
  root.replaceChildren(piece("view-list"));
  const ready = sheets.filter((sheet) => stateOf(sheet) === "ready").length;
  const send = root.querySelector('[data-act="send"]');
  send.textContent = say("send_ready", { count: ready });
  send.hidden = !sheets.some((sheet) => sheet.ready);
  send.addEventListener("click", () => act("send"));
  root.querySelector("tbody").append(...sheets.map((sheet) => drawRow(sheet, definitions.get(sheet.definition), act)));
}

function drawRow(sheet, definition, act) {
  const row = piece("row");
  const state = stateOf(sheet);
  const { steps } = definition.wordings[sheet.language];
  const [done, all] = progress(steps, sheet.answers);
  const { title } = inWords(definition);
  const { point, window } = inWords(sheet);
  write(row, {
    client: sheet.client, what: title, point, window, state: say(`state_${state}`),
    count: done ? say("answered", { done, all }) : "", problem: sheet.problem,
  });
  part(row, "problem").hidden = !sheet.problem;
  part(row, "state").classList.add(`state-visit-${state}`);
  const [open, remove] = ["open", "remove"].map((name) => row.querySelector(`[data-act="${name}"]`));
  const about = () => make("span", { class: "only-heard" }, `: ${sheet.client}, ${title}, ${point}`);
  open.append(say(OPEN[state]), about());
  remove.append(say("remove"), about());
  open.dataset.sheet = remove.dataset.sheet = sheet.id;
  open.disabled = remove.disabled = state === "sending";
  open.addEventListener("click", () => act("open", sheet));
  remove.addEventListener("click", () => act("remove", sheet));
  return row;
}

/** The lock. `ways`: phrase, session, signIn; which of them can be used now. */
export function showLocked(root, ways, { byPhrase, bySession, signIn }) {
  root.replaceChildren(piece("view-locked"));
  const form = root.querySelector("form");
  form.querySelector(".field").hidden = form.querySelector(".actions").hidden = !ways.phrase;
  part(root, "by-sign-in").hidden = !ways.session;
  part(root, "sign-in").hidden = !ways.signIn;
  root.querySelector('[data-link="sign-in"]').href = signIn;
  root.querySelector('[data-act="open"]').addEventListener("click", bySession);
  const field = root.querySelector("#phrase");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    mark(field, "");
    if (await byPhrase(field.value)) return;
    mark(field, say("wrong_phrase"));
    field.focus();
  });
}

export function showNothing(root, prepare) {
  root.replaceChildren(piece("view-nothing"));
  root.querySelector('[data-link="prepare"]').href = prepare;
}

/** What is stored and what is on the device, side by side; nothing happens to either until the worker says so. */
export function showConflict(root, sheet, definition, { stored, keepStored, correct, back }) {
  root.replaceChildren(piece("view-conflict"));
  const { conflict } = sheet;
  const wording = definition.wordings[sheet.language];
  write(root, {
    message: conflict.message, client: sheet.client, title: inWords(definition).title, point: inWords(sheet).point,
    "stored-head": say("revision", { day: conflict.stored.stored_on, revision: conflict.stored.revision }),
  });
  const own = askedAnswers(wording.steps, sheet.answers);
  const rows = wording.steps.map((step) => [
    step.label, sheet.language, tell(step, conflict.stored.answers[step.code]), tell(step, own[step.code]),
  ]);
  const days = [conflict.stored.measured_on, sheet.measured_on].map(showDay);
  root.querySelector("tbody").append(
    ...[[say("measured_on"), false, ...days], ...rows].map((row) => drawBoth(...row)),
  );
  root.querySelector('[data-link="stored"]').href = stored;
  root.querySelector('[data-act="keep-stored"]').addEventListener("click", keepStored);
  root.querySelector('[data-act="back"]').addEventListener("click", (event) => {
    event.preventDefault();
    back();
  });
  const reason = root.querySelector("#reason");
  root.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (reason.value.trim()) return correct(reason.value.trim());
    mark(reason, say("reason_missing"));
    return reason.focus();
  });
  root.querySelector(".notice").focus();
}

function drawBoth(label, language, theirs, ours) {
  const differs = theirs !== ours;
  return make("tr", { class: differs && "differs" },
    make("th", { scope: "row", lang: language }, label),
    make("td", {}, theirs), make("td", {}, differs ? make("strong", {}, ours) : ours));
}

function tell(step, answer) {
  if (answer === undefined || answer === "") return say("empty_mark");
  if (answer === DECLINED) return say("did_not_want");
  return step.options.find(([value]) => value === answer)?.[1] ?? answer;
}

export function showRemove(root, sheet, definition, { really, back }) {
  root.replaceChildren(piece("view-remove"));
  write(root, { client: sheet.client, title: inWords(definition).title, point: inWords(sheet).point });
  root.querySelector('[data-act="really"]').addEventListener("click", really);
  root.querySelector('[data-act="back"]').addEventListener("click", back);
}
