"""The pages: one resource a file. A view reads the form, calls one rule and chooses the answer."""
