"""The rules: one noun a file. No Flask in here."""
