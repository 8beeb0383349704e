"""The floor: Flask alone renders the page, without session and database."""

import os

from flask import Flask, render_template
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

app = Flask(__name__)
# A page of ours, frozen but for the name.
copy_of_page = DictLoader({"copy.html": os.environ.get("PEER_COPY", "")})
app.jinja_loader = ChoiceLoader([FileSystemLoader(f"{app.root_path}/templates"), copy_of_page])


@app.get("/dashboard")
def dashboard() -> str:
    return render_template("dashboard.html", user={"username": "ada", "role": "user"})


@app.get("/copy")
def copy() -> str:
    return render_template("copy.html", username="ada")
