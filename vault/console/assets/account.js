// An invitation out of a link's fragment, which no server sees; and what is shown once, printed.
const form = document.querySelector("[data-invitation]");
const carried = decodeURIComponent(location.hash.slice(1));
if (form && carried) {
  form.elements.invitation.value = carried;
  history.replaceState(null, "", location.pathname + location.search);
  form.querySelector("button").focus();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
