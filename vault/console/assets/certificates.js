// A certificate's signature is verified by the browser itself, with whatever key its reader puts there.
const own = document.getElementById("own");

const decoded = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

// The 32 bytes of an Ed25519 key stand at the end of its SubjectPublicKeyInfo (RFC 8410).
async function readKey(pem) {
  const spki = decoded(pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, ""));
  const key = await crypto.subtle.importKey("spki", spki, "Ed25519", false, ["verify"]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", spki.slice(-32)));
  const id = Array.from(digest.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { key, id };
}

// The file is canonical: what was signed stands in it as it is, between the two names.
function parted(text) {
  const [head, foot] = ['{"certificate":', ',"signature":'];
  const end = text.lastIndexOf(foot);
  if (!text.startsWith(head) || end < 0) return null;
  const signature = JSON.parse(text.slice(end + foot.length, text.lastIndexOf("}")));
  return { message: new TextEncoder().encode(text.slice(head.length, end)), signature };
}

async function verified(text, pem) {
  const { key, id } = await readKey(pem);
  const file = parted(text);
  if (!file || file.signature.algorithm !== "Ed25519" || file.signature.key_id !== id) return "";
  return (await crypto.subtle.verify("Ed25519", key, decoded(file.signature.value), file.message)) ? id : "";
}

async function fetched(at) {
  const answer = await fetch(at, { credentials: "same-origin", cache: "no-store" });
  return answer.text();
}

if (own && globalThis.crypto?.subtle) {
  const said = document.getElementById("own-said");
  const key = document.getElementById("own-key");
  own.hidden = false;
  own.querySelector("details").addEventListener("toggle", async () => {
    if (!key.value) key.value = await fetched(own.dataset.key);
  });
  document.getElementById("own-check").addEventListener("click", async () => {
    said.className = "told bad";
    try {
      const id = await verified(await fetched(own.dataset.file), key.value);
      said.textContent = id ? own.dataset.good.replace("{key}", id) : own.dataset.bad;
      if (id) said.className = "told good";
    } catch {
      said.textContent = own.dataset.unable;
    }
  });
}
