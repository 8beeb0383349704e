// Recovery codes are copied and printed by buttons that only scripts can serve; the download needs none.

for (const button of document.querySelectorAll("[data-copies], [data-prints]")) button.hidden = false;

document.addEventListener("click", async ({ target }) => {
  if (target.matches("[data-prints]")) print();
  if (!target.matches("[data-copies]")) return;
  const codes = document.querySelectorAll(`#${target.dataset.copies} code`);
  await navigator.clipboard.writeText([...codes].map((code) => code.textContent).join("\n"));
  say(target.dataset.copied, "success");
});
