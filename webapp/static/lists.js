// Lists that change in place: their address follows, and the way back brings the list, the field, its caret and the
// focus. The lists work without all of this.

// The form is asked for while somebody types. Only what was sent, sorted or paged is a step of its own on the way back:
// what is typed replaces the address, and follows on a step that must stay.
const isSearch = (element) => element.matches("form[data-hx-replace-url]");
const isStep = (element) => element.matches("a[data-hx-push-url]");
let wasSent = false;
let goesBack = false;

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  goesBack &&= "HX-History-Restore-Request" in ctx.request.headers;
  if (!isSearch(ctx.sourceElement)) return;
  for (const [name, value] of [...ctx.request.body]) if (value === "") ctx.request.body.delete(name);
  wasSent = ctx.sourceEvent.type === "submit";
  if (history.state?.stays && !wasSent) [ctx.push, ctx.replace] = ["true", null];
  // If the user types on at once, the step is kept: this list is shown already.
  if (wasSent && `?${new URLSearchParams([...ctx.request.body])}` === location.search) keep({ stays: true });
});

const keep = (more) => history.replaceState({ ...history.state, ...more }, "");

// Where the focus is, and where the caret is in the field of the search.
const remember = () => {
  const field = document.querySelector("form[data-hx-replace-url] [type=search]");
  keep({ focus: document.activeElement.id, caret: field && [field.id, field.selectionStart, field.selectionEnd] });
};

document.addEventListener("htmx:before:history:update", (event) => {
  if (event.detail.history.type === "push") remember();
});
document.addEventListener("htmx:after:history:update", (event) => {
  const { sourceElement } = event.detail;
  keep({ stays: isStep(sourceElement) || (isSearch(sourceElement) && wasSent) });
});
document.addEventListener("click", (event) => {
  if (document.querySelector(".list") && event.target.closest("a[href]:not([data-hx-get])")) remember();
});

const restore = () => {
  const { focus, caret } = history.state ?? {};
  const [id, ...selection] = caret ?? [];
  document.getElementById(id)?.setSelectionRange(...selection);
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
};

// On a page that was loaded anew, and on one that htmx has put in place of another: browsers put the focus at its start
// once that is done, and Firefox tells of it in no event of its own.
const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
if (isBack) restore();
// Browsers bring back what was typed last, where the list is that of the address; WebKit empties a field for which it
// must not remember anything.
const fieldsOfSearch = () => document.querySelectorAll("form[data-hx-replace-url] :is(input:not([type=hidden]), select)");
addEventListener("pagehide", () => fieldsOfSearch().forEach((field) => field.removeAttribute("autocomplete")));
addEventListener("pageshow", (event) => {
  const asked = new URLSearchParams(location.search);
  if (isBack || event.persisted) for (const field of fieldsOfSearch()) field.value = asked.get(field.name) ?? "";
});
document.addEventListener("htmx:before:history:restore", () => (goesBack = true));
const arrive = () => {
  if (goesBack) restore();
};
document.addEventListener("htmx:finally:request", arrive);
window.navigation?.addEventListener("navigatesuccess", arrive);

// A link that is gone, such as Next on the last page, leaves the focus to the list; what is typed has results in sight.
// htmx names the list as the source once the link is gone.
document.addEventListener("htmx:after:swap", (event) => {
  const { sourceElement, target } = event.detail.ctx;
  if (!target?.matches?.(".list")) return;
  if (sourceElement === target) (target.querySelector("[tabindex='-1']") ?? target).focus();
  const first = target.querySelector("tbody tr, .event");
  if (isSearch(sourceElement) && sourceElement.contains(document.activeElement) && first?.getBoundingClientRect().bottom > innerHeight)
    sourceElement.scrollIntoView({ block: "start" });
});

// A box that ticks all.
const tickAll = () => {
  for (const cell of document.querySelectorAll("thead .tick:empty")) {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", ariaLabel: sentences.tickAll });
    cell.append(box);
  }
};
document.addEventListener("change", ({ target }) => {
  if (!target.matches("thead .tick input")) return;
  for (const box of target.closest("table").querySelectorAll("tbody .tick input")) box.checked = target.checked;
});
document.addEventListener("htmx:after:swap", tickAll);
tickAll();
