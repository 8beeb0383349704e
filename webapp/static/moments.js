// Writes each moment in the browser's zone, or in the one that the reader has chosen, with the words that
// webapp/languages/times.py has for it, and keeps them fresh.

const { now: served, zone: chosen, language, words: sentencesOfMoments } = document.currentScript.dataset;
const words = JSON.parse(sentencesOfMoments);
// In milliseconds. The server's clock counts: the browser's may be wrong by hours.
const ahead = Date.parse(`${served.replace(" ", "T")}Z`) - Date.now();
// In seconds.
const [DAY, HOUR, MINUTE] = [86_400, 3600, 60];
// In days, as in times.py.
const NEAR = 30;

// A zone that the browser does not know ends this script here, and the server's words stay.
const format = (options, code = language) => new Intl.DateTimeFormat(code, { timeZone: chosen || undefined, ...options });
const clockTime = format({ timeStyle: "short" });
const dayAlone = format({ day: "numeric", month: "short" });
const dayOfYear = format({ day: "numeric", month: "short", year: "numeric" });
const whole = [format({ dateStyle: "long" }), format({ timeStyle: "medium" })];
const ago = new Intl.RelativeTimeFormat(language, { style: "short" });
// `2026-03-14 15:09:26`, to count with.
const numbers = format({ dateStyle: "short", timeStyle: "medium" }, "sv");

// What the zone's clocks show, in milliseconds as if they showed UTC; NaN before the year 1000.
const shownAt = (moment) => Date.parse(`${numbers.format(moment).replace(" ", "T")}Z`);
const dayOf = (moment) => Math.floor(shownAt(moment) / DAY / 1000);
const yearOf = (moment) => numbers.format(moment).split("-")[0];

const absolute = (moment, now) => {
  const days = dayOf(moment) - dayOf(now);
  if (days === 0) return clockTime.format(moment);
  if (!(Math.abs(days) <= NEAR)) return (yearOf(moment) === yearOf(now) ? dayAlone : dayOfYear).format(moment);
  const day = { "-1": words.yesterday, 1: words.tomorrow }[days] ?? dayAlone.format(moment);
  return `${day}, ${clockTime.format(moment)}`;
};

const relative = (moment, now) => {
  const passed = Math.floor((now - moment) / 1000);
  if (passed < MINUTE) return words.justNow;
  if (passed < HOUR) return ago.format(-Math.floor(passed / MINUTE), "minute");
  return passed < DAY ? ago.format(-Math.floor(passed / HOUR), "hour") : absolute(moment, now);
};

// `+01:00`
const offset = (moment) => {
  const minutes = Math.round((shownAt(moment) - moment) / MINUTE / 1000);
  const parts = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return minutes ? (minutes < 0 ? "-" : "+") + parts.map((part) => String(part).padStart(2, "0")).join(":") : "";
};

const write = (place) => {
  const [moment, now] = [new Date(place.dateTime), new Date(Date.now() + ahead)];
  const text = "ago" in place.dataset ? relative(moment, now) : absolute(moment, now);
  if (place.textContent !== text) place.textContent = text;
  place.title = `${whole.map((part) => part.format(moment)).join(", ")} UTC${offset(moment)}`;
};

const MOMENTS = "time[datetime$=Z]";
const LIVE = ":is([role=status], [role=alert], [aria-live])";

// What ends within the hour counts down in place of its words.
const countAll = () => {
  for (const place of document.querySelectorAll("[data-ends-in]")) {
    count(place, place.dataset.endsIn, words.endsIn);
    delete place.dataset.endsIn;
  }
};

const writeAll = () => {
  countAll();
  for (const place of document.querySelectorAll(MOMENTS)) write(place);
  const browsers = document.querySelector("#time_zone [value=browser]");
  if (browsers) browsers.label = `${browsers.text} (${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
};

// In a live region a screen reader would say the words anew each minute.
const freshen = () => {
  for (const place of document.querySelectorAll(`${MOMENTS}:not(${LIVE} *)`)) write(place);
};

writeAll();
document.addEventListener("htmx:after:swap", writeAll);
setInterval(freshen, MINUTE * 1000);
