"""Measures what the README promises, beside the floor, the tutorial's code and what a team would pick instead."""
