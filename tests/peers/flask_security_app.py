"""Flask-Security-Too with Flask-SQLAlchemy and argon2, as its quick start sets it up; CSRF off, in its favour."""

import os

from flask import Flask, render_template
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, current_user, hash_password
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config.update(
    SECRET_KEY="x" * 32,
    SECURITY_PASSWORD_SALT="1466102980053227",
    SECURITY_PASSWORD_HASH="argon2",
    SQLALCHEMY_DATABASE_URI="sqlite:///" + os.environ["PEER_DB"],
    WTF_CSRF_ENABLED=False,
)
db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    pass


class User(db.Model, fsqla.FsUserMixin):
    pass


store = SQLAlchemyUserDatastore(db, User, Role)
Security(app, store)


@app.get("/dashboard")
@auth_required("session")
def dashboard() -> str:
    return render_template("dashboard.html", user={"username": current_user.email, "role": "user"})


with app.app_context():
    db.create_all()
    if not store.find_user(email="ada@example.com"):
        store.create_user(email="ada@example.com", password=hash_password("correct horse battery"))
        db.session.commit()
