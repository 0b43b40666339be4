"""The types of the page's modules, checked as they stand: JSDoc, and no build."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from in_browser import NPM, REPOSITORY

from hrm.export.web_runtime import VERSION

PACKAGE = Path(__file__).parent / "package.json"


@pytest.mark.browser
def test_the_types_hold(tmp_path: Path) -> None:
    tsc = NPM / "node_modules" / ".bin" / "tsc"
    if not tsc.exists():
        pytest.skip("no TypeScript in build/npm (make browser has npm bring it): types are not checked")
    options = {"checkJs": True, "allowJs": True, "noEmit": True, "strict": True, "target": "es2023", "types": []}
    options |= {"module": "esnext", "moduleResolution": "bundler", "lib": ["es2023", "dom", "dom.iterable"]}
    site = REPOSITORY / "hrm" / "export" / "site"
    project = {"compilerOptions": options, "include": [f"{site}/*.js"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(project))
    done = subprocess.run([tsc, "-p", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_runtime_that_is_tested_is_the_one_that_is_pinned() -> None:
    assert json.loads(PACKAGE.read_text())["devDependencies"]["onnxruntime-web"] == VERSION
