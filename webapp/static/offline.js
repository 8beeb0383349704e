// The offline page notices by itself when the network is back, and shows the page that was asked for.

// In milliseconds. A page that was loaded again in vain is in less of a hurry, or it would go on and on.
const FIRST = performance.getEntriesByType("navigation")[0]?.type === "reload" ? 10_000 : 2000;
const LONGEST = 60_000;
let pause = FIRST;
let timer = null;

const answers = async () => {
  try {
    return (await fetch("/healthz", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
};

const look = async () => {
  clearTimeout(timer);
  if (!(await answers())) return wait();
  document.getElementById("back").hidden = false;
  location.reload();
};

const wait = () => {
  timer = setTimeout(look, pause);
  pause = Math.min(2 * pause, LONGEST);
};

// Under its own address the page is only looked at.
if (location.pathname !== "/offline") {
  addEventListener("online", () => {
    pause = FIRST;
    look();
  });
  wait();
}
