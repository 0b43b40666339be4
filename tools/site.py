"""The pages of the documentation site, gathered from the repository: ``make docs`` builds the site from them.

A page in ``docs/`` is written to be read in the repository, and links to files there (``../hrm/models/hrm.py``). Here
all pages come together in one folder, and each of their links becomes the link to a page: of the documentation, a card,
a table of measurements, or the source file itself, shown on a page of its own. So the site needs no other address.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

REPOSITORY = Path(__file__).resolve().parent.parent
FENCED = re.compile(r"^(```+|~~~+)[^\n]*\n.*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLAY = re.compile(r"<!-- play -->\n.*?<!-- /play -->\n", re.DOTALL)
"""Where the landing page shows the live page."""
PAGE_FORMAT = re.compile(r"--format \{[^}]*\bpage\b")
"""In the help of ``hrm export`` where it knows of pages that run in a browser."""
CODE_PAGE = "---\nhide: [toc]\nsearch:\n  exclude: true\n---\n\n"
"""Front matter of source files: wide, and not searched, for whoever searches the site looks for words."""
LEXERS = {".py": "python", ".md": "markdown", ".json": "json", ".toml": "toml", ".yml": "yaml", ".yaml": "yaml"}
NUM_MEASURED = 50
"""Puzzles that the export of the live page is measured on: fewer than usual, for the site is built often."""
SPACE = "README.md"
"""What the hub reads of a static Space: no page, a file beside them."""
MOST_TOLD = 20
"""Faults that are named: one in what all pages have is on all of them."""
TOGETHER = re.compile(r"(?<=\d) (?=%)|(?<=\d,) (?=-?[\d.]+\])")
"""Spaces within a share or an interval, where no line is to break."""
FENCE = "~~~~~~~~"
"""Longer than any in the files that it goes around."""


class Site:
    """Pages on their way into a folder: what is linked to comes along."""

    def __init__(self, repository: Path, out: Path) -> None:
        self.repository, self.out = repository, out
        self.waiting: list[Path] = []
        self.seen: set[Path] = set()

    def gather(self) -> int:
        """The number of pages, once all are written."""
        for page in sorted((self.repository / "docs").rglob("*.[mc][ds]*")):  # pages and their style
            self.need(page)
        for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "benchmarks"):
            self.need(self.repository / name)
        for card in sorted(self.repository.glob("hrm/assets/*/README.md")):
            self.need(card)
        while self.waiting:
            self.write(self.waiting.pop())
        return len(self.seen)

    def need(self, file: Path) -> None:
        if file not in self.seen:
            self.seen.add(file)
            self.waiting.append(file)

    def place(self, file: Path) -> Path:
        """Where a file or folder of the repository stands in the site, as a path below its root."""
        path = file.relative_to(self.repository)
        if path.parts[0] == "docs":
            return Path(*path.parts[1:])
        if path.name == "README.md":
            return Path("readme.md") if len(path.parts) == 1 else Path("cards", f"{path.parent.name}.md")
        if path.parts[0] == "benchmarks":
            return path / "index.md" if file.is_dir() else path
        if len(path.parts) == 1 and path.suffix == ".md":
            return Path(path.name.lower())
        return Path("source", path, "index.md") if file.is_dir() else Path("source", f"{path}.md")

    def write(self, file: Path) -> None:
        """Write the page of a file or folder of the repository."""
        place = self.out / self.place(file)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix != ".md":
            shutil.copyfile(file, place)
        elif file.is_dir():
            place.write_text(self.relinked(self.contents(file), file / "index.md", place), encoding="utf-8")
        elif "source" in place.relative_to(self.out).parts[:1]:
            place.write_text(self.shown(file), encoding="utf-8")
        else:
            text = re.sub(r"\A---\n.*?\n---\n", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
            place.write_text(self.relinked(text, file, place), encoding="utf-8")

    def relinked(self, text: str, file: Path, place: Path) -> str:
        """The text of a page with every link leading to a page of the site. ``SystemExit`` where one leads nowhere."""

        def to_page(match: re.Match[str]) -> str:
            target, hash_mark, anchor = match[1].partition("#")
            if not target or ":" in target:
                return match[0]
            wanted = Path(os.path.normpath(file.parent / target))
            if not wanted.exists() or not wanted.is_relative_to(self.repository):
                sys.exit(f"{file.relative_to(self.repository)}: the link {target} leads nowhere")
            self.need(wanted)
            page = os.path.relpath(self.out / self.place(wanted), place.parent)
            return f"]({page}{hash_mark}{anchor})"

        def as_shown(prose: str) -> str:
            return TOGETHER.sub("\u00a0", LINK.sub(to_page, prose))

        parts, end = [], 0
        for fence in FENCED.finditer(text):
            parts += [as_shown(text[end : fence.start()]), fence[0]]
            end = fence.end()
        return "".join([*parts, as_shown(text[end:])])

    def contents(self, folder: Path) -> str:
        """What is in a folder: its pages by their titles, its modules by the first line of what they say."""
        name = folder.relative_to(self.repository)
        lines = [f"# {name}/", ""]
        for file in sorted(folder.iterdir()):
            if file.is_dir() and any(file.rglob("*.py")) and file.name != "__pycache__":
                lines.append(f"- [{file.name}/]({file.name}/)")
            elif file.suffix == ".md":
                lines.append(f"- [{title_of(file)}]({file.name})")
            elif file.suffix == ".py" and (said := first_line(file)):
                lines.append(f"- [{escaped(file.name)}]({file.name}): {said}")
        return "\n".join(lines) + "\n"

    def shown(self, file: Path) -> str:
        """A source file as a page."""
        name = file.relative_to(self.repository)
        code = file.read_text(encoding="utf-8").rstrip("\n")
        lexer = LEXERS.get(file.suffix, "text")
        head = f'{CODE_PAGE}# {escaped(str(name))}\n\n{FENCE} {{ .{lexer} linenums="1" }}'
        return f"{head}\n{code}\n{FENCE}\n"


def escaped(name: str) -> str:
    """A file's name as Markdown shows it: two underscores would be bold."""
    return name.replace("_", r"\_")


def title_of(page: Path) -> str:
    """The first heading of a page, or its name."""
    found = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else page.stem


def first_line(module: Path) -> str:
    """The first line of a module's docstring; nothing where it has none."""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def put_live_page(out: Path) -> Iterator[str]:
    """Lines for a person on the live page, put to where the landing page shows it, or taken out of that."""
    landing, export = out / "index.md", [sys.executable, "-m", "hrm", "export"]
    told = subprocess.run([*export, "--help"], check=True, capture_output=True, encoding="utf-8").stdout
    if not PAGE_FORMAT.search(told):
        landing.write_text(PLAY.sub("", landing.read_text(encoding="utf-8")), encoding="utf-8")
        yield "no live page: this version of hrm exports none"
        return
    few = ["--limit", str(NUM_MEASURED)]
    subprocess.run([*export, "sudoku", "--format", "page", *few, "--out", str(out / "play")], check=True)
    for text in (out / "play").rglob("*.md"):  # would become a page, perhaps in the place of the one that thinks
        text.unlink()
    yield f"the live page: {sum(f.stat().st_size for f in (out / 'play').rglob('*') if f.is_file()) / 1e6:.1f} MB"


class Addresses(HTMLParser):
    """The addresses that a page of the site leads to or shows, and the names of its places."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.shown: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.names |= {name for name in (values.get("id"), values.get("name")) if name}
        if href := values.get("href"):
            (self.links if tag == "a" else self.shown).append(href)
        if source := values.get("src"):
            self.shown.append(source)


def faults(site: Path) -> Iterator[str]:
    """The faults of a site that is built: what leads nowhere, and what a page would fetch from elsewhere."""
    pages = {}
    for page in sorted(site.rglob("*.html")):
        pages[page] = Addresses()
        pages[page].feed(page.read_text(encoding="utf-8"))
    for page, found in pages.items():
        for address in [*found.links, *found.shown]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in found.shown and parts.scheme != "data":
                    yield f"{page.relative_to(site)} fetches {address}"
                continue
            # 404.html does not know where it is shown: its addresses begin at the root of the site.
            above = site if parts.path.startswith("/") else page.parent
            target = Path(os.path.normpath(above / unquote(parts.path).lstrip("/"))) if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                yield f"{page.relative_to(site)}: {address} leads nowhere"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
                yield f"{page.relative_to(site)}: {address} names no place of that page"


def main() -> None:
    """Gather all pages in a new folder in the place of the one before; or finish a site, and look it through."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build/docs", help="folder that is written anew")
    parser.add_argument("--finish", type=Path, help="a site that is built: is all there that its pages lead to?")
    options = parser.parse_args()
    if options.finish is not None:
        shutil.copyfile(REPOSITORY / "tools/space.md", options.finish / SPACE)
        found = [*faults(options.finish.resolve())]
        more = [f"... and {len(found) - MOST_TOLD:,} more"] if len(found) > MOST_TOLD else []
        sys.exit("\n".join([*found[:MOST_TOLD], *more]) if found else 0)
    out = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    print(f"{Site(REPOSITORY, out).gather()} pages and figures")
    for line in put_live_page(out):
        print(line)


if __name__ == "__main__":
    main()
