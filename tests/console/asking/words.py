"""The words of the pages in each language, gathered and compiled by ``python -m`` of this module."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from flyball.console import apps

CONSOLE = Path(apps.__file__).parent
LANGUAGES = ("de", "fr")
PYTHON = {"gettext": None, "gettext_lazy": None, "gettext_noop": None}
TEMPLATE = re.compile(
    r"""\{%\s*translate\s+(?:"(?P<one>[^"]*)"|'(?P<other>[^']*)')"""
    r"""|\{%\s*blocktranslate\b[^%]*%\}(?P<block>.*?)\{%\s*endblocktranslate\s*%\}""",
    re.DOTALL,
)
PLURAL = re.compile(r"\{%\s*plural\s*%\}")
WHEN = datetime(2026, 11, 30, tzinfo=UTC)
"""Files do not change where no word does."""


def words() -> Iterator[str | tuple[str, str]]:
    """Every text of the pages that is translated; a pair where it has a plural."""
    for path in sorted(CONSOLE.rglob("*.py")):
        with path.open("rb") as file:
            yield from (found[1] for found in extract("python", file, keywords=PYTHON))  # type: ignore[misc]  # one word each
    for path in sorted(CONSOLE.rglob("*.html")):
        for found in TEMPLATE.finditer(path.read_text()):
            if found["block"] is None:
                yield found["one"] or found["other"]
                continue
            one, *more = (_named(each) for each in PLURAL.split(found["block"]))
            yield (one, more[0]) if more else one


def _named(block: str) -> str:
    """The text of a block as gettext knows it."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", block.replace("%", "%%"))


def place(language: str, suffix: str) -> Path:
    """Where the words of a language are."""
    return CONSOLE / "locale" / language / "LC_MESSAGES" / f"django.{suffix}"


def catalog(language: str) -> Catalog:
    """The words of a language as they are written down."""
    with place(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(written: Catalog) -> bytes:
    """What Django reads."""
    made = io.BytesIO()
    write_mo(made, written)
    return made.getvalue()


def gathered(language: str) -> Catalog:
    """The words of a language with all that the pages say; those that are new have no translation yet."""
    before = catalog(language)
    who = "The Flyball developers"
    new = Catalog(
        locale=language,
        header_comment=f"# Words of the pages for people who ask: {language}.",
        project="Flyball",
        version="1",
        copyright_holder=who,
        msgid_bugs_address=who,
        last_translator=who,
        language_team=who,
    )
    new.fuzzy, new.creation_date, new.revision_date = False, WHEN, WHEN
    for text in dict.fromkeys(words()):
        known: Message | None = before.get(text if isinstance(text, str) else text[0])
        new.add(text, known.string if known is not None else "")
    return new


def main() -> None:
    """Write the files of each language anew."""
    for language in LANGUAGES:
        made = gathered(language)
        with place(language, "po").open("wb") as file:
            write_po(file, made, width=0)
        place(language, "mo").write_bytes(compiled(made))


if __name__ == "__main__":
    main()
