// Keys for charts; without all of this the table below each has the same links.

// A chart is one stop of the Tab key, the bar that was looked at last, at first the newest; arrows lead to the others.
document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  const bar = step && event.target.closest(".hits a");
  if (!bar) return;
  event.preventDefault();
  const bars = [...bar.closest(".hits").querySelectorAll("a")];
  const next = bars[Math.max(0, Math.min(bars.indexOf(bar) + step, bars.length - 1))];
  bar.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

// Escape takes the words of a bar away, which lie over the page; the next bar has them again (WCAG 1.4.13).
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll(".hits").forEach((hits) => hits.classList.add("hushed"));
});
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => target.closest?.(".hits")?.classList.remove("hushed"));
}
