"""Families of puzzles on boards of one size: what a family has to say (``family.py``), and all that follows from it."""
