/** Whether a question is asked, in three values: true, false, and null while an answer is missing. As on the server's pages. */

export const DECLINED = "declined";

function known(answer) {
  if (answer === undefined || answer === "" || answer === DECLINED) return null;
  return /^-?\d+$/.test(answer) ? Number(answer) : answer;
}

function same(value, wanted) {
  return typeof wanted === "boolean" ? value === Number(wanted) : value === wanted;
}

function compare({ field, operator, value: wanted }, answers) {
  const value = known(answers[field]);
  if (operator === "answered") return (value !== null) === wanted;
  if (value === null) return null;
  if (operator === "equals") return same(value, wanted);
  if (Array.isArray(wanted)) return wanted.some((one) => same(value, one));
  if (typeof value === "string" || typeof wanted === "string") return null;
  return operator === "less" ? value < wanted : value >= wanted;
}

export function evaluate(test, answers) {
  if ("not" in test) {
    const result = evaluate(test.not, answers);
    return result === null ? null : !result;
  }
  if ("field" in test) return compare(test, answers);
  const decisive = "any" in test;
  const results = (decisive ? test.any : test.all).map((one) => evaluate(one, answers));
  if (results.includes(decisive)) return decisive;
  return results.includes(null) ? null : !decisive;
}

export function isAsked(step, answers) {
  return step.when === null || evaluate(step.when, answers) !== false;
}

/** The answers to the questions that are asked of this person. */
export function askedAnswers(steps, answers) {
  const asked = steps.filter((step) => isAsked(step, answers) && (answers[step.code] ?? "") !== "");
  return Object.fromEntries(asked.map((step) => [step.code, answers[step.code]]));
}

/** [answered, all] of the questions that are asked and want an answer. */
export function progress(steps, answers) {
  const wanted = steps.filter((step) => step.required && isAsked(step, answers));
  return [wanted.filter((step) => (answers[step.code] ?? "") !== "").length, wanted.length];
}
