"""What a puzzle is: rules, solvers, generators, symmetries, text, drawings and files. numpy alone, no torch."""
