// The offline page notices by itself when the network is back, and shows the page that was asked for.

// In milliseconds. After a reload that did not help the page waits longer, or it would reload on and on.
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

// At its own address the page stands for no other page, so it does not reload.
if (location.pathname !== "/offline") {
  addEventListener("online", () => {
    pause = FIRST;
    look();
  });
  wait();
}
