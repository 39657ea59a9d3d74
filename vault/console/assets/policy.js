// Leads from a mistake to its line of the file that is being written.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-line]");
  const file = document.getElementById("field-policy");
  if (!link || !file) return;
  event.preventDefault();
  const lines = file.value.split("\n");
  const line = Math.min(Number(link.dataset.line), lines.length);
  const start = lines.slice(0, line - 1).reduce((length, text) => length + text.length + 1, 0);
  file.focus();
  file.setSelectionRange(start, start + lines[line - 1].length);
  file.scrollTop = Math.max(0, (line - 6) * (file.scrollHeight / lines.length));
});
