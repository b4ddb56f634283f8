"""Formats of files, by their names: how one is read and written."""

from __future__ import annotations

from dataclasses import dataclass

from flyball.domain.errors import InvalidInput, Problem

ENDINGS = {".parquet": "parquet", ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
PACKED = ".gz"
KNOWN = ".parquet, .csv, .csv.gz, .ndjson or .ndjson.gz"


@dataclass(frozen=True, slots=True)
class Format:
    """``name`` is ``parquet``, ``csv`` or ``ndjson``; ``ending`` how names of such files end."""

    name: str
    is_packed: bool
    ending: str


def format_of(path: str) -> Format | None:
    """The format that a file's name tells; ``None`` where it tells none that is known here."""
    lower = path.lower().rstrip("/")
    plain = lower.removesuffix(PACKED)
    is_packed = plain != lower
    for ending, name in ENDINGS.items():
        if plain.endswith(ending) and not (is_packed and name == "parquet"):
            return Format(name, is_packed, ending + (PACKED if is_packed else ""))
    return None


def refuse_unknown(path: str, pointer: str) -> None:
    """Raises ``InvalidInput`` where the name tells no format."""
    if format_of(path) is None:
        problem = Problem(pointer, "unknown_format", f"Expected a name that ends with {KNOWN}.")
        raise InvalidInput("The format of a file is known by its name.", problems=[problem])


def ending_of(format_: str) -> str:
    """How names of a format's files end (``csv.gz``: ``.csv.gz``). Raises ``InvalidInput`` for no format."""
    known = format_of(f".{format_}")
    if known is None or known.ending != f".{format_}":
        problem = Problem("/format", "unknown_format", f"Expected {KNOWN}, without the point before it.")
        raise InvalidInput("The batch does not fit.", problems=[problem])
    return known.ending


def rejects_of(out: str) -> str:
    """Where the rows that do not fit are told, beside the answers."""
    plain, known = out.rstrip("/"), format_of(out)
    return f"{plain[: -len(known.ending)] if known else plain}.rejects.csv"
