"""Language models on the same puzzles, by the same rules: questions out, answers back, logs of Inspect beside our own
models. Nothing here imports torch or Inspect before it is needed; ``hrm_lab`` is what Inspect itself finds."""
