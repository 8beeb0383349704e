// What HTML and htmx leave over; what takes its time, or fails, is in waiting.js. Everything here may be missing: the
// pages work without it.

// In the reader's language, from webapp/script_sentences.py.
const sentences = JSON.parse(document.body.dataset.sentences);

// How good a new password is, is asked for once its check found what to say.
const isRating = (element) => element.matches(".strength");
const isFieldCheck = (element) => element.matches("input") || isRating(element);

// A check of one field sends that field alone: the others, the password among them, are nobody's business yet.
// None is sent while somebody is about to submit: its message would move the button away under the finger.
// Nor for what was sent with the whole form since: the form's answer knows more than the check.
let pointerIsDown = false;
const changed = new WeakSet();
document.addEventListener("change", (event) => changed.add(event.target), true);
addEventListener("pointerdown", () => (pointerIsDown = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (pointerIsDown = false), true);

document.addEventListener("htmx:config:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (document.hidden && sourceElement.matches("[data-hx-trigger^=every]")) event.preventDefault();
  if (!isFieldCheck(sourceElement)) return;
  const field = isRating(sourceElement) ? document.getElementById(sourceElement.id.replace("-strength", "")) : sourceElement;
  const isSubmitting = document.activeElement?.type === "submit" || field.form.matches("[aria-busy=true]");
  const isNews = isRating(sourceElement) || changed.delete(field);
  if (!isNews || pointerIsDown || isSubmitting) event.preventDefault();
  for (const name of [...request.body.keys()]) if (name !== field.name) request.body.delete(name);
});

document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!sourceElement.matches("form")) return;
  hidePasswords(sourceElement);
  for (const field of sourceElement.querySelectorAll("[data-hx-post]")) {
    field.dispatchEvent(new Event("htmx:abort"));
    changed.delete(field);
  }
});

// An answer that comes while the button is held down would move it away too: the field is checked again afterwards.
document.addEventListener("htmx:before:swap", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!pointerIsDown || !isFieldCheck(sourceElement)) return;
  event.preventDefault();
  const checkAgain = () => sourceElement.dispatchEvent(new Event("change", { bubbles: true }));
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, checkAgain, { once: true });
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement.closest("#expiry-notice")) keepInSight(document.activeElement);
  if (event.detail.ctx.sourceElement.matches("form")) clearRefusedPasswords(event.detail.ctx.sourceElement);
  document.getElementById(`${event.detail.ctx.sourceElement.id}-strength`)?.dispatchEvent(new Event("rate"));
  mirrorErrors();
  addToPasswords();
});

// What the warning at the foot of the window came to lie over; the style sheet says how much room it takes.
const keepInSight = (focused) => {
  if (focused.matches("main *")) focused.scrollIntoView({ block: "nearest" });
};

// Browsers leave a link half in sight as it is when it takes the focus, if it is in a table that scrolls sideways.
// Under the finger nothing moves: the click would be lost.
document.addEventListener("focusin", ({ target }) => {
  if (!pointerIsDown && target.matches(".scroll *")) keepInSight(target);
});

// Somebody who is asked for a password again starts with an empty field, as on the plain page.
const clearRefusedPasswords = (form) => {
  for (const field of form.querySelectorAll("[type=password][aria-invalid=true]")) field.value = "";
};

const mirrorErrors = () => {
  for (const slot of document.querySelectorAll(".field p.error")) {
    const field = document.getElementById(slot.id.replace("-error", ""));
    if (slot.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else forgive(field);
  }
};

// What is right by now is no longer a problem that the summary tells of.
const forgive = (field) => {
  field.removeAttribute("aria-invalid");
  const link = field.form.querySelector(`.summary a[href="#${field.id}"]`);
  if (!link) return;
  const isLast = link.closest("ul").children.length === 1;
  (isLast ? link.closest(".summary") : link.parentElement).remove();
};

// Show and hide a password, and a word when Caps Lock is on. Made here, since without JavaScript the button would do
// nothing; one listener for all of them, since htmx replaces the forms.
const addToPasswords = () => {
  for (const box of document.querySelectorAll(".password:not(:has(button))")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sentences.show;
    button.ariaLabel = sentences.showPassword;
    button.ariaPressed = "false";
    const status = document.createElement("span");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    box.append(button, status);
    const hint = document.createElement("p");
    hint.className = "hint caps";
    hint.setAttribute("role", "status");
    box.parentElement.prepend(hint);
  }
};

const setShown = (button, isShown) => {
  button.parentElement.querySelector("input").type = isShown ? "text" : "password";
  button.setAttribute("aria-pressed", isShown);
  button.nextElementSibling.textContent = isShown ? sentences.shown : sentences.hidden;
};

const hidePasswords = (form) => {
  for (const button of form.querySelectorAll(".password button[aria-pressed=true]")) setShown(button, false);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest(".password button");
  if (button) setShown(button, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("submit", (event) => hidePasswords(event.target), true);

// What fills a field in by itself sends events that know nothing of keys.
const tellOfCapsLock = (event) => {
  const hint = event.target.closest(".password")?.parentElement.querySelector(".caps");
  if (hint) hint.textContent = event.getModifierState?.("CapsLock") && event.target.matches("input") ? sentences.capsLock : "";
};
for (const name of ["keydown", "keyup", "focusout"]) document.addEventListener(name, tellOfCapsLock);

// Escape closes what a summary has opened, and leaves the focus where it was opened.
document.addEventListener("keydown", (event) => {
  const opened = event.key === "Escape" && event.target.closest("details[open]");
  if (!opened) return;
  opened.open = false;
  opened.querySelector("summary").focus();
});

addToPasswords();
navigator.serviceWorker?.register("/sw.js");
