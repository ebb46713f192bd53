/** Texts and pieces of page, from the document's own templates. */

let texts = readTexts();

function readTexts() {
  const all = document.getElementById("words").content.querySelectorAll("[data-word]");
  return new Map([...all].map((one) => [one.dataset.word, one.textContent]));
}

/** What staff read about a sheet or a definition, in the page's language; older sheets have one language only. */
export function inWords(thing) {
  return thing.read?.[document.documentElement.lang] ?? thing;
}

/**
 * Put the texts of the same page in another language in place of these; what is shown has to be drawn again. False
 * where the other page is of another edition, so that its pieces do not fit.
 */
export function takeWords(page) {
  const script = (of) => of.querySelector("script[type=module]")?.getAttribute("src");
  if (script(page) !== script(document)) return false;
  const root = document.documentElement;
  Object.assign(root, { lang: page.documentElement.lang, dir: page.documentElement.dir });
  for (const place of ["header", "footer", ".skip-link"]) {
    document.querySelector(place).replaceWith(document.adoptNode(page.querySelector(place)));
  }
  for (const other of page.querySelectorAll("main template[id]")) {
    document.getElementById(other.id).replaceWith(document.adoptNode(other));
  }
  texts = readTexts();
  return true;
}

export function say(name, values = {}) {
  if (!texts.has(name)) throw new Error(`no text is called ${name}`);
  return texts.get(name).replace(/\{(\w+)\}/g, (place, key) => (key in values ? String(values[key]) : place));
}

export function piece(id) {
  return document.getElementById(id).content.cloneNode(true);
}

export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

export function write(root, parts) {
  for (const [name, text] of Object.entries(parts)) part(root, name).textContent = text;
}

export function make(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...inside);
  return made;
}

/** The time of day as the reader writes it. */
export function clock(now = new Date()) {
  const minutes = String(now.getMinutes()).padStart(2, "0");
  return `${now.getHours()}${document.documentElement.lang === "en" ? ":" : "."}${minutes}`;
}

export function today(now = new Date()) {
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** A date as the reader writes it. */
export function showDay(iso) {
  const [year, month, day] = iso.split("-");
  return document.documentElement.lang === "en" ? `${day}/${month}/${year}` : `${Number(day)}.${Number(month)}.${year}`;
}

/** Say at a field what is wrong with it, or that nothing is any more. */
export function mark(field, text) {
  const error = document.getElementById(`${field.id}-error`);
  error.textContent = text;
  error.hidden = !text;
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}
