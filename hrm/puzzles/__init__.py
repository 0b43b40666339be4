"""Puzzles as such: rules, solvers, generators, symmetries, text, drawings and files. numpy alone, no torch."""
