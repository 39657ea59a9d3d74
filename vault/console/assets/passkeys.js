// Passkeys (W3C Web Authentication): the one thing at the door that takes a script. What it says stands in the page.
const supported = window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials;

class Refused extends Error {
  constructor(status) {
    super(String(status));
    this.status = status;
  }
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  if (!answer.ok) throw new Refused(answer.status);
  return answer.json();
}

const made = async (options) =>
  (await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })).toJSON();

const ACTS = {
  async "sign-in"({ next }) {
    const { passkey } = await ask("/v1/sign-in", {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(passkey);
    const credential = (await navigator.credentials.get({ publicKey })).toJSON();
    await ask("/v1/sign-in/passkey", { credential });
    return next;
  },
  async invitation({ invitation }) {
    const { passkey } = await ask("/v1/invitations/look", { invitation });
    await ask("/v1/invitations/redeem", { invitation, passkey: await made(passkey) });
    return "/sign-in?done=passkey";
  },
  async add() {
    const { options } = await ask("/v1/me/passkeys/options");
    await ask("/v1/me/passkeys", { credential: await made(options) });
    return "/account/signing-in?done=added";
  },
};

const WORDS = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
const REFUSED = { 401: "refused", 403: "barred", 409: "known", 422: "refused", 429: "wait" };

function word(error) {
  return (error instanceof Refused ? REFUSED[error.status] : WORDS[error.name]) ?? "failed";
}

for (const place of supported ? document.querySelectorAll("[data-passkey]") : []) {
  const button = place.querySelector("button");
  const told = place.querySelector("[data-told]");
  place.hidden = false;
  document.querySelector("[data-or]")?.removeAttribute("hidden");
  button.addEventListener("click", async () => {
    button.disabled = true;
    told.hidden = true;
    try {
      location.assign(await ACTS[place.dataset.passkey](place.dataset));
    } catch (error) {
      told.textContent = place.dataset[word(error)];
      told.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}
