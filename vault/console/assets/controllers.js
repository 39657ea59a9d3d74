// A policy file that is chosen or dropped is read into the text, so that it is checked as if it were typed.
const form = document.getElementById("onboarding");
const text = document.getElementById("field-policy");
const chosen = document.getElementById("field-file");

const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

async function take(file) {
  try {
    text.value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    chosen.value = "";
  } catch {
    // Not UTF-8: it stays chosen, and the check says what is wrong with it.
  }
  changed();
}

chosen?.addEventListener("change", () => chosen.files.length && take(chosen.files[0]));
text?.addEventListener("dragover", (event) => event.preventDefault());
text?.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer.files;
  if (!file) return;
  event.preventDefault();
  take(file);
});

// What was wrong with a field is said no more once something else stands there; the check says what is wrong now.
form.addEventListener("input", ({ target }) => {
  const wrong = document.getElementById(`wrong-${target.name}`);
  if (!wrong || !target.value) return;
  wrong.remove();
  target.removeAttribute("aria-invalid");
  const told = document.querySelector(`.told.bad a[href="#field-${target.name}"]`)?.closest("li");
  const summary = told?.closest(".told.bad");
  told?.remove();
  if (summary && !summary.querySelector("li")) summary.remove();
});

// From a mistake to its line.
document.addEventListener("click", (event) => {
  const to = event.target.closest("[data-line]");
  if (!to || !text) return;
  event.preventDefault();
  const lines = text.value.split("\n");
  const at = Number(to.dataset.line) - 1;
  const start = lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[at] ?? "").length);
  text.scrollTop = (at / lines.length) * text.scrollHeight - text.clientHeight / 3;
});

// How it stands, to who hears the page: the one sentence, and not all that follows from it.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "outlook") return;
  document.getElementById("said").textContent = document.getElementById("outlook-said")?.textContent ?? "";
});
