/** Signing out: what was only prepared and the phrase leave the device before the session ends. */

import { forget, openStore } from "./store.js";

const form = document.getElementById("leave");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await forget(await openStore(), form.dataset.account);
  } finally {
    form.submit();
  }
});
