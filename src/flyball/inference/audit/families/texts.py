"""Texts: words by a pattern that is one of a few, in columns that are there; no file is ever opened."""

from __future__ import annotations

from collections.abc import Mapping

from flyball.inference.audit.kinds import (
    FLAG,
    NONE,
    Kind,
    MapOf,
    Maybe,
    OneOf,
    Pair,
    Plain,
    Type,
    Whole,
    each,
    inert,
    joined,
)
from flyball.inference.audit.shapes import COLUMNS, Array
from flyball.inference.audit.things import Allowed, Fitted, State, Thing, allowed

MOST_WORDS = 1_000_000
LONGEST_RUN = 10
"""Words, or letters, that are counted together at most."""
WEIGHTS = joined(each("use_idf smooth_idf sublinear_tf", FLAG), {"norm": OneOf("l1", "l2", None)})
READING: Mapping[str, Kind] = {
    "input": OneOf("content"),
    "encoding": OneOf("utf-8"),
    "decode_error": OneOf("strict", "ignore", "replace"),
    "strip_accents": OneOf(None, "ascii", "unicode"),
    "analyzer": OneOf("word", "char", "char_wb"),
    # A pattern of the file's own could take for ever on one text: nothing interrupts a search.
    "token_pattern": OneOf(r"(?u)\b\w\w+\b", r"(?u)\b\w+\b"),
    "stop_words": OneOf(None, "english"),
    "ngram_range": Pair(Whole("", 1, LONGEST_RUN), Whole("", 1, LONGEST_RUN)),
    "dtype": Type(),
    **each("preprocessor tokenizer vocabulary", NONE),
    **each("lowercase binary", FLAG),
}
WORDS: Mapping[str, Kind] = {"vocabulary_": MapOf(Whole("", 0, MOST_WORDS), str, "columns")}


def _numbered(state: State, sizes: Mapping[str, int]) -> bool:
    """Each word has a column of its own, among as many columns as there are words."""
    places = set(state["vocabulary_"].values())
    weights = state.get("_tfidf")
    same = not isinstance(weights, Thing) or not weights.is_fitted or weights.sizes["columns"] == len(places)
    return same and places == set(range(len(state["vocabulary_"])))


ALLOWED: tuple[Allowed, ...] = (
    allowed(
        "sklearn.feature_extraction.text.TfidfVectorizer",
        "transformer words",
        parameters=joined(READING, WEIGHTS, inert("max_df min_df max_features")),
        fitted={**WORDS, "fixed_vocabulary_": FLAG},
        optional={"_tfidf": Fitted("weights")},
        left_out="_stop_words_id",
        holds=_numbered,
    ),
    allowed(
        "sklearn.feature_extraction.text.CountVectorizer",
        "transformer",
        parameters=joined(READING, inert("max_df min_df max_features")),
        fitted={**WORDS, "fixed_vocabulary_": FLAG},
        left_out="_stop_words_id",
        holds=_numbered,
    ),
    allowed(
        "sklearn.feature_extraction.text.TfidfTransformer",
        "transformer weights",
        parameters=WEIGHTS,
        fitted={"n_features_in_": COLUMNS, "idf_": Array("f8", "columns")},
    ),
    allowed(
        "flyball.inference.transformers.Words",
        "transformer",
        parameters={"limit": Whole("", 1, MOST_WORDS)},
        fitted={"vectorizer_": Maybe(Fitted("words"))},
    ),
    allowed(
        "flyball.inference.transformers.Calendar",
        "transformer",
        fitted={"columns_": Plain()},
    ),
)
