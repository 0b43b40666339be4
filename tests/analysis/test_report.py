"""A page that holds everything and needs nothing."""

from __future__ import annotations

import json
import re

from known import subject, toy

from hrm.analysis.report import files_of, page_of
from hrm.analysis.subject import Finding


def test_files_and_the_page() -> None:
    about = subject(toy())
    finding = Finding("thing", "A <thing>", {"x": [1.5]}, "It is 1.5 & no more.", lambda figure: figure.subplots())
    files = files_of(finding, about)
    assert json.loads(files["thing.json"])["x"] == [1.5]
    assert json.loads(files["thing.json"])["sentence"] == finding.sentence
    if "thing.png" in files:
        assert files["thing.png"].startswith(b"\x89PNG")
        assert b"<svg" in files["thing.svg"]
    page = page_of([finding], ["history: no <run>"], about, files).decode()
    assert "A &lt;thing&gt;" in page
    assert "It is 1.5 &amp; no more." in page
    assert "history: no &lt;run&gt;" in page
    assert not re.search(r"(src|href)=\"(?!data:)", page), "nothing is fetched"
    assert "http" not in re.sub(r'src="data:[^"]*"', "", page)
