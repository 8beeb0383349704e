// Recovery codes are copied and printed by buttons that only scripts can serve, so they are made here; the download needs
// none.

for (const actions of document.querySelectorAll("[data-copies]")) {
  const { copies, copy, copied, print: label } = actions.dataset;
  const offer = (textContent, onclick) =>
    actions.append(" ", Object.assign(document.createElement("button"), { type: "button", textContent, onclick }));
  offer(copy, async () => {
    const codes = document.querySelectorAll(`#${copies} code`);
    await navigator.clipboard.writeText([...codes].map((code) => code.textContent).join("\n"));
    say(copied, "success");
  });
  offer(label, () => print());
}
