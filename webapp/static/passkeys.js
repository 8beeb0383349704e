// Passkeys: the browser is asked for one, and what it gives is sent by the form as it stands. A module, so that its names
// meet none of the other scripts'.

const api = window.PublicKeyCredential;
let autofill;

const asked = (form, more) => {
  const options = JSON.parse(form.dataset.options);
  return form.dataset.passkey === "add"
    ? navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(options), ...more });
};

const send = (form, credential) => {
  form.elements.credential.value = JSON.stringify(credential);
  const { remember } = form.elements;
  if (remember) remember.disabled = !document.querySelector("input[type=checkbox][name=remember]").checked;
  form.submit();
};

// Cancelling is no error, and the browser's own words name no way on.
const told = (form, { name }) => {
  const sentence = name === "InvalidStateError" ? form.dataset.knownHere : form.dataset.nothing;
  if (name !== "AbortError") form.querySelector("[role=status]").textContent = sentence;
};

const press = async (event) => {
  event.preventDefault();
  const form = event.target;
  autofill?.abort();
  try {
    send(form, await asked(form));
  } catch (error) {
    told(form, error);
    offer(form);
  }
};

// The browser shows passkeys below the field for the address, for as long as the page is open.
const offer = async (form) => {
  if (form.dataset.passkey !== "log-in" || !(await api.isConditionalMediationAvailable?.())) return;
  autofill = new AbortController();
  try {
    send(form, await asked(form, { mediation: "conditional", signal: autofill.signal }));
  } catch {
    // Nothing was chosen there.
  }
};

if (api?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", press);
    offer(form);
  }
}

// A password manager forgets what we do not know.
for (const { dataset } of document.querySelectorAll("[data-known]")) api?.signalAllAcceptedCredentials?.(JSON.parse(dataset.known));
for (const { dataset } of document.querySelectorAll("[data-unknown]")) api?.signalUnknownCredential?.(JSON.parse(dataset.unknown));
