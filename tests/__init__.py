"""A file for each thing that a person does, in the same word."""
