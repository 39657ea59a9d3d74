// While somebody types, what is wrong is told at its field too, as the page does it when it is sent; what is not filled
// in yet is only in the list.
const form = document.querySelector("[data-policy]");

function tell(mistake) {
  const field = document.getElementById(`field-${mistake.dataset.field}`);
  if (!field || field.value === "") return;
  const said = document.createElement("span");
  said.className = "wrong";
  said.id = `wrong-${mistake.dataset.field}`;
  const words = mistake.closest("li").querySelector(".what");
  said.append(...words.cloneNode(true).childNodes);
  if ("value" in field) {
    field.before(said);
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `hint-${mistake.dataset.field} ${said.id}`);
  } else field.firstElementChild.after(said);
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (!form || !event.target.hasAttribute("data-checks")) return;
  form.querySelectorAll(".wrong").forEach((each) => each.remove());
  form.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  event.target.querySelectorAll("a[data-field]").forEach(tell);
});
