// better-auth on Node's own SQLite, as its documentation sets it up; two processes, as gunicorn has two workers.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders } from "better-auth/node";

const { PEER_DB, PORT } = process.env;
const WORKERS = 2;
const LOGIN_FORM = "<form method=post><input name=email><input name=password></form>";
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

// The timeout and the write-ahead log are in its favour: its two processes share the file.
const database = new DatabaseSync(PEER_DB, { timeout: 5000 });
database.exec("PRAGMA journal_mode = WAL");

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: "a key for measuring alone".repeat(2),
  database,
  emailAndPassword: { enabled: true, autoSignIn: false },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  advanced: { useSecureCookies: false },
  logger: { disabled: true },
});

// Make the tables, and ada in them.
async function prepare() {
  await (await getMigrations(auth.options)).runMigrations();
  if (!database.prepare("SELECT 1 FROM user").get()) {
    await auth.api.signUpEmail({
      body: { name: "ada", email: "ada@example.com", password: "correct horse battery" },
    });
  }
}

const ROUTES = {
  "GET /login": (_, response) => send(response, 200, LOGIN_FORM),
  "POST /login": logIn,
  "GET /dashboard": dashboard,
};

// An error that no route expects must not end the process.
async function answer(request, response) {
  const route = ROUTES[`${request.method} ${request.url}`] ?? notFound;
  try {
    await route(request, response);
  } catch (error) {
    console.error(error);
    send(response, 500, "Something went wrong");
  }
}

function notFound(_, response) {
  send(response, 404, "Not found");
}

async function logIn(request, response) {
  const body = Object.fromEntries(new URLSearchParams(await text(request)));
  try {
    const sent = fromNodeHeaders(request.headers);
    const { headers } = await auth.api.signInEmail({ body, headers: sent, returnHeaders: true });
    response.setHeader("Set-Cookie", headers.getSetCookie());
    redirect(response, "/dashboard");
  } catch (error) {
    if (!error.statusCode) throw error;
    send(response, error.statusCode, LOGIN_FORM);
  }
}

async function dashboard(request, response) {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  if (session) send(response, 200, page({ username: session.user.name, role: "user" }));
  else redirect(response, "/login");
}

// The same page as templates/dashboard.html.
function page(user) {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dashboard</title><link rel="stylesheet" href="/static/a.css"></head>
<body><header><a href="/">Home</a><nav><a href="/dashboard">Dashboard</a><a href="/logout">Log out</a></nav></header>
<main>
<h1>Welcome back, ${escape(user.username)}!</h1>
<p>Role: <strong>${escape(user.role)}</strong></p>
<a href="/logout">Log out</a>
</main></body></html>`;
}

function escape(value) {
  return value.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

function send(response, status, html) {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(html);
}

function redirect(response, path) {
  response.writeHead(303, { Location: path }).end();
}

if (cluster.isPrimary) {
  await prepare();
  for (let number = 0; number < WORKERS; number++) cluster.fork();
} else {
  createServer(answer).listen(PORT, "127.0.0.1");
}
