"""The tutorial's code: a signed cookie, and a new SQLite connection for each request."""

import hashlib
import os
import sqlite3

from flask import Flask, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

LOGIN_FORM = "<form method=post><input name=email><input name=password></form>"
TABLE = """CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL, role TEXT DEFAULT 'user', created_at TEXT DEFAULT (datetime('now')))"""
PATH = os.environ["PEER_DB"]

app = Flask(__name__)
app.secret_key = "x" * 32


def get_db() -> sqlite3.Connection:
    if "db" not in g:
        g.db = sqlite3.connect(PATH)
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close(_: object) -> None:
    if db := g.pop("db", None):
        db.close()


def hash_password(password: str) -> str:
    salt = os.urandom(32)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 310_000)
    return salt.hex() + ":" + key.hex()


def verify_password(stored: str, candidate: str) -> bool:
    salt_hex, key_hex = stored.split(":")
    key = hashlib.pbkdf2_hmac("sha256", candidate.encode(), bytes.fromhex(salt_hex), 310_000)
    return key.hex() == key_hex


@app.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if request.method == "POST":
        email = request.form["email"].strip().lower()
        user = get_db().execute("SELECT * FROM users WHERE email=?", (email,)).fetchone()
        if user and verify_password(user["password"], request.form["password"]):
            session.permanent = True
            session["user_id"] = user["id"]
            session["username"] = user["username"]
            session["user_role"] = user["role"]
            return redirect("/dashboard")
    return LOGIN_FORM


@app.route("/dashboard")
def dashboard() -> ResponseReturnValue:
    if "user_id" not in session:
        return redirect("/login")
    user = get_db().execute("SELECT * FROM users WHERE id=?", (session["user_id"],)).fetchone()
    return render_template("dashboard.html", user=user)


with sqlite3.connect(PATH) as connection:
    connection.execute(TABLE)
    connection.execute(
        "INSERT OR IGNORE INTO users (username, email, password) VALUES ('ada', 'ada@example.com', ?)",
        (hash_password("correct horse battery"),),
    )
connection.close()
