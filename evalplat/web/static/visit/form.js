/** One sheet to fill in: every question a fieldset with its legend, in the wording that the client's own pages have. */

import { DECLINED, isAsked, progress } from "./conditions.js";
import { clock, inWords, make, mark, part, piece, say, today, write } from "./words.js";

const HEAD = ["measured_on", "mode", "respondent", "answered_with", "present", "language"];

/**
 * Show `sheet` in `root`. `save(sheet)` is called with every change and returns a promise; `done(sheet)` when the worker
 * says that it is ready, `back()` when they leave it.
 */
export function showForm(root, sheet, definition, { save, done, back }) {
  root.replaceChildren(piece("view-sheet"));
  const form = root.querySelector("#sheet");
  write(root, { client: sheet.client, point: inWords(sheet).point });
  fillHead(root, sheet, definition);
  const draw = () => drawItems(root, sheet, definition.wordings[sheet.language]);
  draw();
  showFaults(root, sheet.faults, definition.wordings[sheet.language].steps);

  const changed = async () => {
    Object.assign(sheet, { unsent: true, ready: false });
    follow(root, sheet, definition);
    try {
      await save(sheet);
      part(root, "saved").textContent = say("saved", { clock: clock() });
      part(root, "saved").classList.remove("failed");
    } catch {
      part(root, "saved").textContent = say("not_saved");
      part(root, "saved").classList.add("failed");
    }
  };
  form.addEventListener("input", ({ target }) => {
    if (HEAD.includes(target.id)) {
      for (const name of HEAD) sheet[name] = root.querySelector(`#${name}`).value;
      if (target.id === "language") draw();
    } else readItem(target, sheet);
    changed();
  });
  form.addEventListener("click", ({ target }) => {
    const code = target.closest("[data-clear]")?.dataset.clear;
    if (code === undefined) return;
    delete sheet.answers[code];
    for (const radio of form.querySelectorAll(`[name="a-${code}"]`)) radio.checked = false;
    form.querySelector(`[name="a-${code}"]`).focus();
    changed();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (progress(definition.wordings[sheet.language].steps, sheet.answers)[0]) done(sheet);
    else showFaults(root, { message: say("nothing_answered"), faults: [] }, []);
  });
  for (const one of root.querySelectorAll('[data-act="back"]')) {
    one.addEventListener("click", (event) => {
      event.preventDefault();
      back();
    });
  }
  follow(root, sheet, definition);
}

function fillHead(root, sheet, definition) {
  const { modes, respondents, helped } = { ...definition, ...inWords(definition) };
  const options = { mode: modes, respondent: respondents, answered_with: helped, language: definition.languages };
  for (const [name, choices] of Object.entries(options)) {
    root.querySelector(`#${name}`).append(...choices.map(([value, words]) => make("option", { value }, words)));
  }
  sheet.measured_on ||= today();
  for (const name of HEAD) root.querySelector(`#${name}`).value = sheet[name];
  for (const one of root.querySelectorAll("[data-of-client]")) one.hidden = !definition.of_client;
  for (const one of root.querySelectorAll("[data-of-sheets]")) one.hidden = Boolean(definition.goals);
  if (definition.goals) root.querySelector("label[for=respondent]").textContent = say("who_judged");
}

function drawItems(root, sheet, wording) {
  write(root, { title: wording.title, intro: wording.intro, note: wording.note });
  for (const name of ["intro", "note"]) part(root, name).hidden = !wording[name];
  for (const name of ["title", "intro"]) part(root, name).lang = sheet.language;
  part(root, "items").replaceChildren(...wording.steps.map((step) => drawItem(step, sheet.answers[step.code] ?? "")));
}

function drawItem(step, answer) {
  const legend = make("legend", { id: `q-${step.code}`, lang: step.language }, step.label);
  const inside = [legend];
  if (step.help) inside.push(make("span", { class: "hint", lang: step.language }, step.help));
  inside.push(make("span", { class: "field-error", id: `a-${step.code}-error`, hidden: true }));
  inside.push(step.options.length ? drawOptions(step, answer) : drawField(step, answer));
  return make("fieldset", { class: `item ${step.kind}`, "data-code": step.code, "aria-describedby": `a-${step.code}-error` }, ...inside);
}

function drawOptions(step, answer) {
  const options = step.options.map(([value, label]) => drawOption(step, value, label, answer, step.language));
  if (step.declinable) options.push(drawOption(step, DECLINED, say("declined"), answer, ""));
  const box = make("div", { class: "options" }, ...options);
  const ends = step.ends.filter(Boolean);
  if (ends.length) box.prepend(make("p", { class: "ends", lang: step.language }, ends.join(" … ")));
  box.append(make("button", { type: "button", class: "btn btn-link btn-sm", "data-clear": step.code, "aria-describedby": `q-${step.code}` }, say("clear")));
  return box;
}

function drawOption(step, value, label, answer, language) {
  const radio = make("input", { type: "radio", class: "form-check-input", name: `a-${step.code}`, value });
  radio.checked = answer === value;
  return make("label", { class: value === DECLINED ? "pick declined" : "pick" }, radio, make("span", { lang: language || false }, label));
}

function drawField(step, answer) {
  const name = { name: `a-${step.code}`, class: "form-control", "aria-labelledby": `q-${step.code}`, autocomplete: "off" };
  const field = step.kind === "text"
    ? make("textarea", { ...name, rows: "2", maxlength: "2000" })
    : make("input", { ...name, type: "text", inputmode: "decimal", maxlength: "12" });
  field.value = answer === DECLINED ? "" : answer;
  const box = make("div", { class: "options" }, field);
  if (step.declinable) {
    const tick = make("input", { type: "checkbox", class: "form-check-input", name: `d-${step.code}` });
    tick.checked = answer === DECLINED;
    field.disabled = tick.checked;
    box.append(make("label", { class: "pick declined" }, tick, make("span", {}, say("declined"))));
  }
  return box;
}

function readItem(target, sheet) {
  const { code } = target.closest("[data-code]").dataset;
  if (target.type === "checkbox") {
    const field = target.form.querySelector(`[name="a-${code}"]`);
    field.disabled = target.checked;
    sheet.answers[code] = target.checked ? DECLINED : field.value;
  } else sheet.answers[code] = target.value;
}

/** What follows from the answers so far: which questions are asked, and how many still want an answer. */
function follow(root, sheet, definition) {
  const { steps } = definition.wordings[sheet.language];
  for (const step of steps) {
    const item = root.querySelector(`[data-code="${step.code}"]`);
    item.hidden = !isAsked(step, sheet.answers);
    const clear = item.querySelector("[data-clear]");
    if (clear) clear.hidden = !(sheet.answers[step.code] ?? "");
  }
  const [answered, all] = progress(steps, sheet.answers);
  part(root, "open-questions").textContent = all > answered ? say("open_questions", { count: all - answered }) : "";
}

/** All faults at once, on top and at their questions, with the focus on top. */
function showFaults(root, faults, steps) {
  const box = part(root, "summary");
  box.replaceChildren();
  for (const one of root.querySelectorAll(".item .field-error")) one.hidden = true;
  for (const name of HEAD) mark(root.querySelector(`#${name}`), "");
  if (!faults) return;
  box.append(piece("summary"));
  write(box, { message: faults.message });
  const names = new Map(steps.map((step) => [step.code, step.label]));
  for (const { where, text } of faults.faults) {
    const item = root.querySelector(`[data-code="${CSS.escape(where)}"]`);
    const field = HEAD.includes(where) ? root.querySelector(`#${where}`) : item?.querySelector("input, textarea");
    const words = names.has(where) ? `${names.get(where)}: ${text}` : text;
    part(box, "faults").append(make("li", {}, field ? makeLink(field, words) : words));
    if (HEAD.includes(where)) mark(field, text);
    if (item) {
      item.classList.add("wrong");
      const error = item.querySelector(".field-error");
      Object.assign(error, { textContent: text, hidden: false });
    }
  }
  box.querySelector(".error-summary").focus();
}

function makeLink(field, words) {
  const link = make("a", { href: "#sheet" }, words);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    field.focus();
  });
  return link;
}
