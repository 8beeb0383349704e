// What HTML and htmx leave over. Everything here may be missing: the pages work without it.

const say = (sentence) => {
  const flash = document.createElement("p");
  flash.className = "flash error";
  flash.textContent = sentence;
  document.getElementById("flashes").replaceChildren(flash);
};

const isFieldCheck = (element) => element.matches("input");

// A check of one field sends that field alone: the others, the password among them, are nobody's business yet.
// None is sent while somebody is about to submit: its message would move the button away under the finger.
let pointerIsDown = false;
addEventListener("pointerdown", () => (pointerIsDown = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pointerIsDown = false), true);

document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!isFieldCheck(sourceElement)) return;
  if (pointerIsDown || document.activeElement?.type === "submit" || sourceElement.form.matches("[aria-busy=true]")) event.preventDefault();
  for (const name of [...request.body.keys()]) if (name !== sourceElement.name) request.body.delete(name);
});

document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!isFieldCheck(sourceElement)) sourceElement.setAttribute("aria-busy", "true");
  if (sourceElement.matches("form")) {
    hidePasswords(sourceElement);
    for (const field of sourceElement.querySelectorAll("input[data-hx-post]")) field.dispatchEvent(new Event("htmx:abort"));
  }
});

document.addEventListener("htmx:finally:request", (event) => {
  if (!event.detail.ctx.hx?.redirect) event.detail.ctx.sourceElement.removeAttribute("aria-busy");
});

// A server in trouble must not replace the form that somebody has filled in; ours says so itself, a proxy's does not.
document.addEventListener("htmx:before:swap", (event) => {
  const { response, hx, sourceElement } = event.detail.ctx;
  const isOurs = hx.reswap || (response.headers.get("Vary") ?? "").includes("HX-Request");
  if (response.status < 500 || (isOurs && !isFieldCheck(sourceElement))) return;
  event.preventDefault();
  say("Something went wrong on our side. Nothing was lost; try again in a moment.");
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx) say(navigator.onLine ? "The server did not answer. Nothing was lost; try again in a moment." : "You are offline. Nothing was sent.");
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement.matches("form")) clearRefusedPasswords(event.detail.ctx.sourceElement);
  mirrorErrors();
  revealPasswordButtons();
});

// Somebody who is asked for a password again starts with an empty field, as on the plain page.
const clearRefusedPasswords = (form) => {
  for (const field of form.querySelectorAll("[type=password][aria-invalid=true]")) field.value = "";
};

const mirrorErrors = () => {
  for (const slot of document.querySelectorAll("p.error")) {
    const field = document.getElementById(slot.id.replace("-error", ""));
    if (slot.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
};

// Show and hide a password. One listener, since htmx replaces the buttons.
const revealPasswordButtons = () => {
  for (const button of document.querySelectorAll("button[data-shows]")) button.hidden = false;
};

const setShown = (button, isShown) => {
  document.getElementById(button.dataset.shows).type = isShown ? "text" : "password";
  button.setAttribute("aria-pressed", isShown);
  button.nextElementSibling.textContent = isShown ? "Your password is shown." : "Your password is hidden.";
};

const hidePasswords = (form) => {
  for (const button of form.querySelectorAll("button[data-shows][aria-pressed=true]")) setShown(button, false);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-shows]");
  if (button) setShown(button, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("submit", (event) => hidePasswords(event.target), true);

revealPasswordButtons();
navigator.serviceWorker?.register("/sw.js");
