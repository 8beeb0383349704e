// Where the browser offers to install the site as an app, the profile has a button for it; Chromium alone does.

const installation = document.getElementById("install");

addEventListener("beforeinstallprompt", (offer) => {
  // Else a phone would offer it on its own too, and this button could not.
  offer.preventDefault();
  installation.hidden = false;
  installation.querySelector("button").onclick = async () => {
    // A browser asks once for each offer.
    installation.hidden = true;
    await offer.prompt();
  };
});
addEventListener("appinstalled", () => (installation.hidden = true));
