// Single keys that lead to pages, for users who have not turned them off in their profile (WCAG 2.1.4): / to the search,
// ? to the list of keys, g and another key to a page.

const places = JSON.parse(document.currentScript.dataset.places);
// In milliseconds, from g to the key that follows it.
const PATIENCE = 1500;
let begun = -Infinity;

const isTaken = (target) => target.closest("input, select, textarea, [contenteditable], [role=application]");
const hasModifier = (event) => event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat;
const searchField = () => document.querySelector("main [type=search], main [role=search] input:not([type=hidden])");

const dialog = document.createElement("dialog");
dialog.id = "keys-dialog";
dialog.setAttribute("aria-labelledby", "keys-list-title");
dialog.addEventListener("close", () => dialog.replaceChildren());
document.body.append(dialog);

const list = async () => {
  if (document.getElementById("keys-list")) return;
  try {
    const answer = await fetch("/account/keys/list", { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(answer.statusText);
    dialog.innerHTML = await answer.text();
  } catch {
    return location.assign("/account/keys/list");
  }
  const close = document.createElement("button");
  close.type = "button";
  close.autofocus = true;
  close.textContent = dialog.firstElementChild.dataset.close;
  close.addEventListener("click", () => dialog.close());
  dialog.firstElementChild.append(close);
  if (!dialog.open) dialog.showModal();
};

const search = () => {
  const field = searchField();
  if (field) field.select();
  // An admin searches people from any page.
  else if (places["/"]) location.assign(`${places["/"]}#q`);
  return field || places["/"];
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || hasModifier(event) || isTaken(event.target) || dialog.open) return;
  const isSecond = Date.now() - begun < PATIENCE;
  begun = event.key === "g" ? Date.now() : -Infinity;
  if (isSecond && places[event.key]) location.assign(places[event.key]);
  else if (event.key === "?") list();
  // Not in the field too, which has the focus by then.
  else if (event.key === "/" && search()) event.preventDefault();
});

// Focus the search if / led here.
if (searchField()?.id === location.hash.slice(1)) searchField().focus();
