// A package is hashed where it lies: the file is read on this computer, and its SHA-256 alone is compared.
const form = document.getElementById("verify");
const drop = form?.querySelector("[data-drop]");

async function check(file) {
  const told = form.querySelector("[data-told]");
  told.textContent = form.dataset.working;
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    form.elements.sha256.value = hex;
    form.requestSubmit();
  } catch {
    told.textContent = form.dataset.failed;
  }
}

// Browsers hash only on pages that came by HTTPS, or from this computer.
if (drop && globalThis.crypto?.subtle) {
  drop.hidden = false;
  const field = drop.querySelector("input");
  field.addEventListener("change", () => field.files[0] && check(field.files[0]));
  for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", over);
      if (name === "drop" && event.dataTransfer.files[0]) check(event.dataTransfer.files[0]);
    });
  }
}
