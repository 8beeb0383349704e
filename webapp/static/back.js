// Browsers keep the page that was left for the way back, some in spite of `no-store`: after a log-out a stranger would
// read it. So a page of a session is kept unseen, and shown once the server says that this session still lives.

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
