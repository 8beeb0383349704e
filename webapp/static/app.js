// Behaviour that HTML and htmx do not have; waiting and failed requests are in waiting.js. The pages work without all
// of this.

// In the reader's language, from webapp/languages/scripts.py.
const sentences = JSON.parse(document.body.dataset.sentences);

// The check of a new password asks for its rating after it has answered.
const isRating = (element) => element.matches(".strength");
const isFieldCheck = (element) => element.matches("input") || isRating(element);

// A check of one field sends that field alone: the server needs no others yet, least of all the password.
// It is not sent while the user is about to submit: its message would move the button away under the finger.
// Nor is it sent if the whole form was sent since: the form's answer knows more than the check.
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

// A check's answer while the button is held down would move it away too: the field is checked again afterwards.
document.addEventListener("htmx:before:swap", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!pointerIsDown || !isFieldCheck(sourceElement)) return;
  event.preventDefault();
  const checkAgain = () => sourceElement.dispatchEvent(new Event("change", { bubbles: true }));
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, checkAgain, { once: true });
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement.closest("#expiry-notice")) keepInSight(document.activeElement);
  if (event.detail.ctx.sourceElement.matches("form")) clearRefusedSecrets(event.detail.ctx.sourceElement);
  document.getElementById(`${event.detail.ctx.sourceElement.id}-strength`)?.dispatchEvent(new Event("rate"));
  mirrorErrors();
  addToPasswords();
});

// Scrolls a focused element clear of the warning at the foot of the window; the style sheet has the warning's height.
const keepInSight = (focused) => {
  if (focused.matches("main *")) focused.scrollIntoView({ block: "nearest" });
};

// A user who must type a password or a code again starts with an empty field, as on the plain page.
const clearRefusedSecrets = (form) => {
  for (const field of form.querySelectorAll(":is([type=password], [name=code])[aria-invalid=true]")) field.value = "";
};

const mirrorErrors = () => {
  for (const slot of document.querySelectorAll(".field p.error")) {
    const field = document.getElementById(slot.id.replace("-error", ""));
    if (slot.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else forgive(field);
  }
};

// Removes a corrected field from the summary of problems.
const forgive = (field) => {
  field.removeAttribute("aria-invalid");
  const link = field.form.querySelector(`.summary a[href="#${field.id}"]`);
  if (!link) return;
  const isLast = link.closest("ul").children.length === 1;
  (isLast ? link.closest(".summary") : link.parentElement).remove();
};

// Adds a button that shows the password, and a hint about Caps Lock. Made here, since without JavaScript the button
// would do nothing; one listener serves all buttons, since htmx replaces the forms.
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
  const field = button.parentElement.querySelector("input");
  Object.assign(field, { type: isShown ? "text" : "password", autocapitalize: "none" });
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

// Programs that fill in fields send key events without getModifierState.
const tellOfCapsLock = (event) => {
  const hint = event.target.closest(".password")?.parentElement.querySelector(".caps");
  if (hint) hint.textContent = event.getModifierState?.("CapsLock") && event.target.matches("input") ? sentences.capsLock : "";
};
for (const name of ["keydown", "keyup", "focusout"]) document.addEventListener(name, tellOfCapsLock);

// Escape closes opened details and puts the focus on their summary.
document.addEventListener("keydown", (event) => {
  const opened = event.key === "Escape" && event.target.closest("details[open]");
  if (!opened) return;
  opened.open = false;
  opened.querySelector("summary").focus();
});

addToPasswords();
navigator.serviceWorker?.register("/sw.js");
