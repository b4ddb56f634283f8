"""Hook of the site: README is its first page, and what documents link to beyond docs/ is a page too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
FIRST = "README.md"
LINK = re.compile(r"\[([^]]*)\]\(([^)#:\s]+)((?:#[^)\s]*)?)\)")
LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add README, and every file that is linked to from there on."""
    waiting = [FIRST, *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    known = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith("docs/"):
            files.append(_file(path, config))
        new = {target for target in _targets(path) if target not in known}
        known |= new
        waiting += new
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Have links lead to where their files are in the site."""
    if page.file.abs_src_path is None:  # the text of a program
        return markdown
    path = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()

    def moved(link: re.Match[str]) -> str:
        target = _target(path, link[2])
        if (ROOT / target).is_dir():  # a folder is no page
            return link[1]
        if not (ROOT / target).is_file():
            return link[0]
        place = posixpath.relpath(_place(target), posixpath.dirname(page.file.src_uri))
        return f"[{link[1]}]({place}{link[3]})"

    return LINK.sub(moved, markdown)


def _targets(path: str) -> Iterator[str]:
    """The files of the repository that a document links to."""
    if path.endswith(".md"):
        for _, link, _ in LINK.findall((ROOT / path).read_text()):
            if (ROOT / _target(path, link)).is_file():
                yield _target(path, link)


def _target(path: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _place(path: str) -> str:
    """Where a file of the repository is in the site."""
    if path == FIRST:
        return "index.md"
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"repository/{path}" if path.endswith(".md") else f"repository/{path}.md"


def _file(path: str, config: MkDocsConfig) -> File:
    """A file outside docs/, as one of the site: a program is shown as it stands."""
    if path.endswith(".md"):
        return File.generated(config, _place(path), abs_src_path=str(ROOT / path))
    language = LANGUAGES.get(posixpath.splitext(path)[1], "text")
    text = f"# {path}\n\n````{language}\n{(ROOT / path).read_text()}````\n"
    return File.generated(config, _place(path), content=text)
