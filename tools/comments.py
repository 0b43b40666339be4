"""For the reference: a comment at the end of a field's line says what the field is, as a docstring would."""

from __future__ import annotations

from typing import Any

import griffe


class TrailingComments(griffe.Extension):
    """Comments behind fields (``q_halt: Tensor  # (B,) logit``) read as their docstrings."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **kwargs: Any) -> None:
        """Give a field without a docstring the comment of its line."""
        if attr.docstring is not None or attr.lineno is None or not attr.lines:
            return
        _, mark, comment = attr.lines[-1].partition("  # ")
        if mark:
            attr.docstring = griffe.Docstring(comment.strip(), lineno=attr.lineno, parent=attr)
