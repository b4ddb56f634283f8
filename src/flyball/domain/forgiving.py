"""Words of a declaration keep what they cannot take, so that a check can say so with class and attribute."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from typing import Any, NamedTuple, TypeVar

Word = TypeVar("Word", bound=type)


class Wrong(NamedTuple):
    """A keyword that a word does not know, one that it needs, or one of a wrong type; and what to do."""

    message: str
    hint: str


def forgiving(word: Word) -> Word:
    """A class whose instances list wrong and missing keywords in ``wrong``, instead of a ``TypeError``.

    That would end the import of the user's module, and with it every command, in a traceback. A value that is
    not of its parameter's type is listed too, and left at its default; a path is taken as its text.
    """
    init: Callable[..., None] = word.__init__  # type: ignore[misc] # of the class itself, before any subclass
    parameters = {each.name: each for each in list(signature(init).parameters.values())[1:]}
    needed = [name for name, each in parameters.items() if each.default is Parameter.empty]

    @wraps(init)
    def kept(self: Any, *args: Any, **words: Any) -> None:
        init_args, named = args[len(parameters) :], dict(zip(parameters, args, strict=False)) | words
        given = {name: _plain(value) for name, value in named.items() if name in parameters}
        wrong = {name: value for name, value in given.items() if not _fits(parameters[name], value)}
        missing = [name for name in needed if name not in named]
        unknown = [
            _unknown(word.__name__, name, list(parameters)) for name in words.keys() - parameters.keys()
        ]
        lacking = [Wrong(f"lacks {name}", f"Say {word.__name__}(…, {name}=…).") for name in missing]
        mistyped = [_mistyped(parameters[name]) for name in wrong]
        self.wrong = (*unknown, *(lacking if not unknown else ()), *mistyped)
        sound = {name: value for name, value in given.items() if name not in wrong}
        init(self, *init_args, **{name: "" for name in needed if name not in sound}, **sound)

    word.__init__ = kept  # type: ignore[misc] # this is what the decorator is for
    return word


def _unknown(word: str, name: str, names: list[str]) -> Wrong:
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"{word} has: {', '.join(names)}."
    return Wrong(f"has an unknown word {name!r}", hint)


def _plain(value: Any) -> Any:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _is_texts(value: Any) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return is_list and all(isinstance(each, str) for each in value)


TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (lambda value: isinstance(value, str), 'Give one text: {name}="…".'),
    "bool": (lambda value: isinstance(value, bool), "Give True or False."),
    "Sequence[str]": (_is_texts, 'Give a list of texts: {name}=["…"].'),
    "str | int | bool": (lambda value: isinstance(value, str | int | float), "Give one label."),
}
"""What the types of parameters mean, and what to say of a value that is none; others are not looked at."""


def _fits(parameter: Parameter, value: Any) -> bool:
    known = TYPES.get(_type(parameter))
    is_left_out = value is None and parameter.default is None
    return known is None or is_left_out or known[0](value)


def _mistyped(parameter: Parameter) -> Wrong:
    return Wrong(f"has a wrong {parameter.name}", TYPES[_type(parameter)][1].format(name=parameter.name))


def _type(parameter: Parameter) -> str:
    return str(parameter.annotation).removesuffix(" | None")
