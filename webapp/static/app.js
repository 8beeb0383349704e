// What HTML and htmx leave over. Everything here may be missing: the pages work without it.

// In the reader's language, from webapp/script_sentences.py.
const SENTENCES = JSON.parse(document.body.dataset.sentences);

const say = (sentence) => {
  const flash = document.createElement("p");
  flash.className = "flash error";
  flash.textContent = sentence;
  document.getElementById("flashes").replaceChildren(flash);
};

const isFieldCheck = (element) => element.matches("input");

// A page asks by itself how long its session has left, or for newer numbers, by a link that nobody sees. Where no
// answer comes nobody has lost anything: it asks again.
const isUnasked = (element) => element.matches("a[hidden]");
const askAgain = (check) => setTimeout(() => check.dispatchEvent(new Event("again")), 30_000);

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
  const isSubmitting = document.activeElement?.type === "submit" || sourceElement.form.matches("[aria-busy=true]");
  if (!changed.delete(sourceElement) || pointerIsDown || isSubmitting) event.preventDefault();
  for (const name of [...request.body.keys()]) if (name !== sourceElement.name) request.body.delete(name);
});

document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement } = event.detail.ctx;
  if (!isFieldCheck(sourceElement)) sourceElement.setAttribute("aria-busy", "true");
  if (sourceElement.matches("form")) {
    hidePasswords(sourceElement);
    for (const field of sourceElement.querySelectorAll("input[data-hx-post]")) {
      field.dispatchEvent(new Event("htmx:abort"));
      changed.delete(field);
    }
  }
});

document.addEventListener("htmx:finally:request", (event) => {
  if (!event.detail.ctx.hx?.redirect) event.detail.ctx.sourceElement.removeAttribute("aria-busy");
});

// A server in trouble must not replace the form that somebody has filled in; ours says so itself, a proxy's does not.
document.addEventListener("htmx:before:swap", (event) => {
  if (pointerIsDown && isFieldCheck(event.detail.ctx.sourceElement)) {
    event.preventDefault();
    const field = event.detail.ctx.sourceElement;
    const checkAgain = () => field.dispatchEvent(new Event("change", { bubbles: true }));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, checkAgain, { once: true });
    return;
  }
  const { response, hx, sourceElement } = event.detail.ctx;
  const isOurs = hx.reswap || (response.headers.get("Vary") ?? "").includes("HX-Request");
  if (response.status < 500 || (isOurs && !isFieldCheck(sourceElement) && !isUnasked(sourceElement))) return;
  event.preventDefault();
  if (isUnasked(sourceElement)) askAgain(sourceElement);
  else say(SENTENCES.wentWrong);
});

document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx) return;
  if (isUnasked(event.detail.ctx.sourceElement)) askAgain(event.detail.ctx.sourceElement);
  else say(navigator.onLine ? SENTENCES.noAnswer : SENTENCES.offline);
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement.closest("#expiry-notice")) keepInSight(document.activeElement);
  if (event.detail.ctx.sourceElement.matches("form")) clearRefusedPasswords(event.detail.ctx.sourceElement);
  mirrorErrors();
  addShowButtons();
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

// Show and hide a password. Made here, since without JavaScript the button would do nothing; one listener for all of
// them, since htmx replaces the forms.
const addShowButtons = () => {
  for (const box of document.querySelectorAll(".password:not(:has(button))")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = SENTENCES.show;
    button.ariaLabel = SENTENCES.showPassword;
    button.ariaPressed = "false";
    const status = document.createElement("span");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    box.append(button, status);
  }
};

const setShown = (button, isShown) => {
  button.parentElement.querySelector("input").type = isShown ? "text" : "password";
  button.setAttribute("aria-pressed", isShown);
  button.nextElementSibling.textContent = isShown ? SENTENCES.passwordShown : SENTENCES.passwordHidden;
};

const hidePasswords = (form) => {
  for (const button of form.querySelectorAll(".password button[aria-pressed=true]")) setShown(button, false);
};

document.addEventListener("click", (event) => {
  const button = event.target.closest(".password button");
  if (button) setShown(button, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("submit", (event) => hidePasswords(event.target), true);

addShowButtons();
navigator.serviceWorker?.register("/sw.js");
