// Loaded by every page; all that it does also goes without it.
import htmx from "htmx.org";

// No code is made of text, no page of recordings is kept in the browser's storage, no style is written into the page.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    // A form that comes back with what is wrong in it is an answer, and no failure.
    { code: "422", swap: true },
    { code: "[45]..", swap: true, error: true },
  ],
});
window.htmx = htmx;
// An import is carried out before what stands above it; the extension wants `htmx` to be there already.
await import("htmx-ext-sse");

// What htmx cannot do: say anew, to who hears a page, what has changed.
document.body.addEventListener("htmx:afterSwap", (event) => {
  const spoken = event.target.closest?.("[data-say]");
  if (spoken) document.getElementById("said").textContent = spoken.dataset.say;
});
