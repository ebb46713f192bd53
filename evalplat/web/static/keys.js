// Security keys and passkeys: asks the browser for one when the button is pressed, and sends the answer with the form.
// Without this script, or where the browser cannot do it, the button stays hidden and the page says what else works.

const button = document.querySelector("[data-key]");
const works = window.PublicKeyCredential
  && typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function"
  && typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";

async function ask() {
  const options = JSON.parse(button.dataset.options);
  if (button.dataset.key === "add") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

if (button) {
  const say = (name) => document.querySelectorAll("[data-say]").forEach((one) => {
    one.hidden = one.dataset.say !== name;
  });
  button.hidden = !works;
  say(works ? "" : "unable");
  button.addEventListener("click", async () => {
    say("touch");
    button.disabled = true;
    try {
      const answer = await ask();
      button.form.elements.credential.value = JSON.stringify(answer.toJSON());
      button.form.submit();
    } catch {
      say("failed");
      button.disabled = false;
      button.focus();
    }
  });
}
