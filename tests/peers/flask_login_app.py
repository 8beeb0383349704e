"""Flask-Login with Flask-SQLAlchemy, as their documentation sets them up."""

import os
from typing import Any

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from werkzeug.security import check_password_hash, generate_password_hash

LOGIN_FORM = "<form method=post><input name=email><input name=password></form>"

app = Flask(__name__)
app.config.update(SECRET_KEY="x" * 32, SQLALCHEMY_DATABASE_URI="sqlite:///" + os.environ["PEER_DB"])
db = SQLAlchemy(app)
manager = LoginManager(app)


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String)
    email = db.Column(db.String, unique=True)
    password = db.Column(db.String)
    role = db.Column(db.String)


@manager.user_loader
def load(user_id: str) -> Any:
    return db.session.get(User, int(user_id))


@app.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if request.method == "POST":
        user = db.session.scalar(db.select(User).filter_by(email=request.form["email"]))
        if user and check_password_hash(user.password, request.form["password"]):
            login_user(user)
            return redirect("/dashboard")
    return LOGIN_FORM


@app.get("/dashboard")
@login_required
def dashboard() -> str:
    return render_template("dashboard.html", user=current_user)


with app.app_context():
    db.create_all()
    if not db.session.scalar(db.select(User)):
        hashed = generate_password_hash("correct horse battery")
        db.session.add(User(username="ada", email="ada@example.com", role="user", password=hashed))
        db.session.commit()
