set shell := ["bash", "-euo", "pipefail", "-c"]

python := ".venv/bin/python"
port := env("LATCHKEY_PORT", "8000")
# Until a program answers Ctrl-C itself, nothing does: a Python that is still starting would show a traceback.
quiet := "trap '' INT;"

# List what there is
@_default:
    just --list --unsorted

# Start the server
[no-exit-message]
run: (_install "requirements.lock.txt")
    @{{quiet}} exec {{python}} -m flask --app webapp serve

# Start a server that reloads when a file changes
[no-exit-message]
dev: (_install "requirements.lock.txt")
    @{{quiet}} exec {{python}} webapp/commands/dev.py {{port}}

# Start a server on a throwaway database with a few hundred people and months of events
[no-exit-message]
demo: (_install "requirements.lock.txt")
    #!/usr/bin/env bash
    set -euo pipefail
    LATCHKEY_INSTANCE=$(mktemp -d)
    export LATCHKEY_INSTANCE LATCHKEY_DATABASE_URL= LATCHKEY_MAIL_URL="${LATCHKEY_MAIL_URL:-folder:$LATCHKEY_INSTANCE/mail}"
    trap 'rm -rf "$LATCHKEY_INSTANCE"' EXIT
    {{quiet}} {{python}} -m flask --app webapp demo
    {{python}} -m flask --app webapp serve

# Make an admin of the person with this address, who is signed up first where nobody has it
[no-exit-message]
admin EMAIL: (_install "requirements.lock.txt")
    @{{python}} -m flask --app webapp user promote --create {{quote(EMAIL)}}

# Write a first page into own/: `./just new page notes`
[no-exit-message]
[positional-arguments]
new *WORDS: (_install "requirements.lock.txt")
    @{{python}} -m webapp.commands.new "$@"

# Copy the embedded database to a new file, while the server runs or not
backup FILE: (_install "requirements.lock.txt")
    @{{python}} -m flask --app webapp.backup backup {{quote(FILE)}}

# Put such a copy in the place of the embedded database, which is kept beside it, and log everybody out
restore FILE: (_install "requirements.lock.txt")
    @{{python}} -m flask --app webapp.backup restore {{quote(FILE)}}

# Run all tests on SQLite, browsers too, or those of a feature: `./just test signup`; takes pytest's arguments
[positional-arguments]
test *ARGS: (_install "requirements-dev.lock.txt") _programs
    #!/usr/bin/env bash
    set -euo pipefail
    if [[ "${1:-}" =~ ^[a-z_]+$ && ! -e "$1" ]]; then set -- -k "$@"; fi
    {{python}} -m pytest -n auto "$@"

# Run the tests on a private PostgreSQL, but those that are about browsers alone
[positional-arguments]
test-postgres *ARGS: (_install "requirements-dev.lock.txt") _programs
    {{python}} -m tests.postgres -n auto "$@"

# Run the tests that drive no server and no browser on the other Pythons that the machine has, 3.11 to 3.13
[positional-arguments]
test-pythons *ARGS: (_install "requirements-dev.lock.txt")
    @{{python}} -m tests.pythons "$@"

# Check style (`./just format` mends most of it), types and that no lock is stale
lint: (_install "requirements-dev.lock.txt")
    {{python}} -m tests.locks check
    {{python}} -m ruff check .
    {{python}} -m ruff format --check .
    {{python}} -m mypy

# Write all of it in the one style that `./just lint` asks for
format: (_install "requirements-dev.lock.txt")
    {{python}} -m ruff check --fix .
    {{python}} -m ruff format .

# Measure beside the tutorial's code and what a team would pick instead; `quick`, or `admin`, `factors`, `mail`, `soak`: these alone
[no-exit-message]
[positional-arguments]
bench *PARTS: (_install "requirements-dev.lock.txt")
    @{{python}} -m tests.bench "$@"

# Let outside judges read every page of a demo (Nu, html-validate, Lighthouse), and watch how still and quick it is
judge: (_install "requirements-dev.lock.txt") (_install "requirements-judge.lock.txt") _programs _judges
    {{python}} -m tests.judge

# Take the pictures in the docs anew
screenshots: (_install "requirements-dev.lock.txt") _programs
    {{python}} -m tests.screenshots

# Find all sentences for the catalogs, ours and those of own/; `./just translate fr` begins a French one
translate LANGUAGE="": (_install "requirements.lock.txt")
    #!/usr/bin/env bash
    set -euo pipefail
    babel="{{python}} -m babel.messages.frontend -q" found=$(mktemp)
    trap 'rm "$found"' EXIT
    for folder in webapp own; do
        catalogs=$(find "$folder" -type d -name translations)
        [ -n "$catalogs" ] || continue
        $babel extract --project=Latchkey -F babel.cfg -k say -k say_number:1,2 --sort-output --add-location=file --no-wrap -o "$found" "$folder"
        $babel update -i "$found" -d "$catalogs" -N --ignore-obsolete --ignore-pot-creation-date --no-wrap \
            {{ if LANGUAGE == "" { "" } else { "--init-missing -l " + quote(LANGUAGE) } }}
    done

# Lock anew what the requirements need in turn, with hashes; `./just lock --upgrade` takes what is newest
[positional-arguments]
lock *OPTIONS: (_install "requirements-dev.lock.txt")
    {{python}} -m tests.locks make "$@"

# Draw the icons anew from icon.svg (needs rsvg-convert, Debian's librsvg2-bin)
[working-directory: "webapp/static/icons"]
icons:
    rsvg-convert -w 192 -h 192 icon.svg -o icon-192.png
    rsvg-convert -w 512 -h 512 icon.svg -o icon-512.png
    rsvg-convert -w 180 -h 180 -b '#2a2520' icon.svg -o apple-touch-180.png
    rsvg-convert -w 400 -h 400 --page-width 512 --page-height 512 --left 56 --top 56 -b '#2a2520' icon.svg -o maskable-512.png

# The virtual environment with what this lock lists, made once and again when that changes
[no-exit-message]
_install LOCK:
    @{{quiet}} exec python3 install.py {{LOCK}}

# The judges that npm has, as its lock file says
[working-directory: "tests/judge"]
_judges:
    @[ node_modules/.package-lock.json -nt package-lock.json ] || PATH="{{justfile_directory()}}/.venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund

# The programs that the tests drive
[no-exit-message]
_programs:
    @{{python}} -m tests.programs
