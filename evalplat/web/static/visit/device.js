/** What this browser can do, and letting it keep the page. */

export function isAble() {
  return window.isSecureContext && "serviceWorker" in navigator && "indexedDB" in window && "locks" in navigator;
}

/** Let the browser keep the page; returns once it is kept. Raises where that cannot be done. */
export async function keepPage(addresses) {
  const registration = await navigator.serviceWorker.register(addresses.worker, { scope: addresses.here });
  const coming = registration.installing ?? registration.waiting;
  if (!registration.active && coming) await settled(coming);
  if (!(await caches.match(addresses.here, { ignoreVary: true }))) throw new Error("the page is not kept");
}

function settled(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve();
      if (worker.state === "redundant") reject(new Error("the page could not be kept"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}
