// What a form or a link says while it waits for its answer, and if no answer comes. app.js has read the sentences.

const say = (sentence, kind = "error", retryAfter = null) => {
  const flash = document.createElement("p");
  flash.className = `flash ${kind}`;
  flash.textContent = sentence;
  if (retryAfter) flash.dataset.retryAfter = retryAfter;
  document.getElementById("flashes").replaceChildren(flash);
};

// In milliseconds. For a quicker answer words would only flicker. They have a place of their own and move nothing.
const SLOW = 400;
const underWay = new Map();
const waiting = document.createElement("p");
waiting.className = "waiting";
waiting.setAttribute("role", "status");
document.body.append(waiting);

const begin = (element, submitter) => {
  const pressed = submitter ?? element.querySelector("button:not([type])") ?? element;
  const words = sentences.underWay.replace("{}", pressed.textContent.trim());
  element.setAttribute("aria-busy", "true");
  clearTimeout(underWay.get(element));
  underWay.set(element, setTimeout(() => (waiting.textContent = words), SLOW));
};

const finish = (element) => {
  element.removeAttribute("aria-busy");
  clearTimeout(underWay.get(element));
  underWay.delete(element);
  if (!underWay.size) waiting.textContent = "";
};

// A form is not sent twice: it is busy until its answer is there, or the page to which the answer leads.
const isSentAlready = (element) => element.matches("form[method=post][aria-busy=true]");

// By a hidden link a page asks by itself how long its session has left, or for newer numbers. If no answer comes,
// nothing is lost: it asks again.
const isUnasked = (element) => element.matches("a[hidden]");
const askAgain = (check) => setTimeout(() => check.dispatchEvent(new Event("again")), 30_000);

document.addEventListener("htmx:config:request", (event) => {
  if (isSentAlready(event.detail.ctx.sourceElement)) event.preventDefault();
});

document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  if (!isFieldCheck(sourceElement) && !isUnasked(sourceElement)) begin(sourceElement, request.submitter);
});

// A search that the next one has replaced is still under way.
document.addEventListener("htmx:finally:request", (event) => {
  const { sourceElement, hx, request } = event.detail.ctx;
  const hasGivenWay = request.signal.aborted && request.signal.reason !== "timeout";
  if (!hx?.redirect && !hasGivenWay) finish(sourceElement);
  countDown();
  // A user who pressed a button far down must see why it failed.
  if (sourceElement.matches("form")) document.querySelector("#flashes .error")?.scrollIntoView({ block: "nearest" });
});

// Forms without htmx, and all forms if htmx did not load.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (isSentAlready(form)) return event.preventDefault();
  if (!navigator.onLine) {
    event.preventDefault();
    return say(sentences.offline);
  }
  begin(form, event.submitter);
  // A download leaves the page as it is, and no event tells that it came.
  if (form.matches("[data-brings-file]")) setTimeout(finish, 3000, form);
});

// A link to another page here, in this tab; what htmx follows itself is prevented by now. It may bring a file after all,
// or the user may stop it, which not every browser tells.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="/"]:not([download], [target])');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  begin(link);
  setTimeout(finish, 20_000, link);
});

// Browsers may keep the page on which a password was typed; the next user could go back to it and show the password.
addEventListener("pagehide", () => {
  for (const field of document.querySelectorAll("[aria-busy=true] .password input")) field.value = "";
});

// The user went back to the page or stopped the loading, so nothing is under way any more.
const finishAll = () => [...underWay.keys()].forEach(finish);
addEventListener("pageshow", (event) => event.persisted && finishAll());
window.navigation?.addEventListener("navigateerror", finishAll);

// An error must not replace the form that the user has filled in; our answer says so itself, a proxy's does not.
document.addEventListener("htmx:before:swap", (event) => {
  const { response, hx, sourceElement } = event.detail.ctx;
  if (event.defaultPrevented || (response.status < 500 && response.status !== 429)) return;
  const isOurs = hx.reswap || (response.headers.get("Vary") ?? "").includes("HX-Request");
  if (isOurs && !isFieldCheck(sourceElement) && !isUnasked(sourceElement)) return;
  event.preventDefault();
  const sentence = response.status === 429 ? sentences.tooOften : sentences.trouble;
  if (isUnasked(sourceElement)) askAgain(sourceElement);
  else say(sentence, "error", response.headers.get("Retry-After"));
});

document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx) return;
  if (isUnasked(event.detail.ctx.sourceElement)) askAgain(event.detail.ctx.sourceElement);
  else say(navigator.onLine ? sentences.unanswered : sentences.offline);
});

// A refusal that ends within the hour counts down, silent in screen readers: a voice each second would disturb.
const countDown = () => {
  const refusal = document.querySelector("[data-retry-after]");
  if (!(refusal?.dataset.retryAfter <= 3600)) return;
  const { retryAfter, retryWords } = refusal.dataset;
  delete refusal.dataset.retryAfter;
  const timer = document.createElement("span");
  // It takes the place of the words for the same time.
  const [before, after] = retryWords ? refusal.textContent.split(retryWords) : [`${refusal.textContent} `, ""];
  refusal.replaceChildren(before, timer, after);
  count(timer, retryAfter, retryWords ? sentences.waitIn : sentences.wait, () => say(sentences.waited, "success"));
};

// moments.js counts other ends down.
const ends = new WeakMap();
const count = (timer, seconds, sentence, isOver) => {
  timer.setAttribute("role", "timer");
  timer.setAttribute("aria-live", "off");
  ends.set(timer, Date.now() + seconds * 1000);
  tick(timer, ends.get(timer), sentence, isOver);
};

// A swap may have taken the timer away, or given it another end.
const tick = (timer, end, sentence, isOver) => {
  if (!timer.isConnected || ends.get(timer) !== end) return;
  const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
  if (!left && isOver) return isOver();
  timer.textContent = sentence.replace("{}", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
  if (left) setTimeout(tick, 1000, timer, end, sentence, isOver);
};

countDown();
