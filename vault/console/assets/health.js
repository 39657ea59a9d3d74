// Keeps up with how the vault is while somebody looks; whoever has left the page open does not stay signed in by it.
const EVERY = 15_000;
const AFTER = 10 * 60_000;
let seen = Date.now();

for (const act of ["pointermove", "keydown", "scroll"]) {
  addEventListener(act, () => (seen = Date.now()), { passive: true });
}
setInterval(() => {
  if (document.hidden || Date.now() - seen > AFTER) return;
  window.htmx.trigger("#health", "refresh");
}, EVERY);
