/** Asking the server: who is signed in, and sending JSON with the token that proves where it comes from. */

export class Server {
  constructor(addresses) {
    this.addresses = addresses;
    this.session = { state: "offline" };
  }

  get signedIn() {
    return this.session.state === "signed_in";
  }

  /** Look who is signed in: signed_in, signed_out, wrong_role, offline or unreachable. */
  async ask() {
    let reply;
    try {
      reply = await fetch(this.addresses.session, { redirect: "manual", cache: "no-store" });
    } catch {
      return this.keep({ state: "offline" });
    }
    if (reply.type === "opaqueredirect") return this.keep({ state: "signed_out" });
    if (reply.status === 403) return this.keep({ state: "wrong_role" });
    if (!reply.ok) return this.keep({ state: "unreachable" });
    return this.keep({ state: "signed_in", ...(await reply.json()) });
  }

  keep(session) {
    this.session = session;
    return session;
  }

  /** POST JSON. State: ok, refused (with the server's reply), signed_out, wrong_role, offline or unreachable. */
  async post(address, body, again = true) {
    let reply;
    try {
      reply = await fetch(address, {
        method: "POST", redirect: "manual", cache: "no-store", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.session.token ?? "" },
      });
    } catch {
      return { state: (await this.ask()).state === "offline" ? "offline" : "unreachable" };
    }
    if (reply.type === "opaqueredirect") return { state: this.keep({ state: "signed_out" }).state };
    if (reply.status === 403) return this.afterRefusal(address, body, again);
    const json = (reply.headers.get("Content-Type") ?? "").startsWith("application/json");
    if (!json || reply.status >= 500) return { state: "unreachable" };
    return { state: reply.ok ? "ok" : "refused", status: reply.status, reply: await reply.json() };
  }

  /** Let the server remember the language; where it cannot just now, the next page is in the earlier one. */
  async remember(language) {
    const form = new URLSearchParams({ csrf_token: this.session.token, switch_language: language, next: this.addresses.here });
    await fetch(this.addresses.remember, { method: "POST", redirect: "manual", body: form }).catch(() => {});
  }

  /** A refusal means an old token or an ended session; the same person with a new token may go on. */
  async afterRefusal(address, body, again) {
    const before = this.session.account;
    const session = await this.ask();
    if (again && session.state === "signed_in" && session.account === before) return this.post(address, body, false);
    return { state: session.state === "signed_in" ? "wrong_role" : session.state };
  }
}
