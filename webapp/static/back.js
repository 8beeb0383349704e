// Browsers keep a page for the back button, some in spite of `no-store`: after a log-out a stranger could read it. So a
// kept page is hidden, and shown again once the server says that its session still lives.

const { session } = document.getElementById("expiry-notice").dataset;
const withhold = (isWithheld) => document.documentElement.classList.toggle("withheld", isWithheld);

const lives = async () => {
  try {
    const answer = await fetch("/expiry", { headers: { "HX-Request": "true" }, cache: "no-store" });
    return (await answer.text()).includes(`data-session="${session}"`);
  } catch {
    return false;
  }
};

addEventListener("pagehide", (event) => withhold(event.persisted));
addEventListener("pageshow", async (event) => {
  if (!event.persisted) return;
  if (await lives()) withhold(false);
  // Not `reload`, which might send a form again.
  else location.replace(location.pathname + location.search);
});
