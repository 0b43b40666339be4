"""The puzzles of ``hrm`` as tasks of Inspect (inspect.aisi.org.uk), which finds them by this package's entry point:
``inspect eval hrm_lab/sudoku_4x4 --model openai/...``. Needs ``pip install 'hrm-lab[llm]'``; docs/llm.md.

A package of its own, because Inspect calls a task after the package that holds it. What a question is, how an answer
is read and judged stands in ``hrm.llm``, which does not know Inspect.
"""
