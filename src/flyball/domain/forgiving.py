"""Words of a declaration keep what they do not know, so that a check can say so with class and attribute."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, signature
from typing import Any, NamedTuple, TypeVar

Word = TypeVar("Word", bound=type)


class Wrong(NamedTuple):
    """A keyword that a word does not know, or one that it needs and was not given; and what to do."""

    message: str
    hint: str


def forgiving(word: Word) -> Word:
    """A class whose instances list wrong and missing keywords in ``wrong``, instead of a ``TypeError``.

    That would end the import of the user's module, and with it every command, in a traceback.
    """
    init: Callable[..., None] = word.__init__  # type: ignore[misc] # of the class itself, before any subclass
    parameters = list(signature(init).parameters.values())[1:]
    names = [each.name for each in parameters]
    needed = [each.name for each in parameters if each.default is Parameter.empty]

    @wraps(init)
    def kept(self: Any, *args: Any, **words: Any) -> None:
        unknown = [name for name in words if name not in names]
        missing = [name for name in needed[len(args) :] if name not in words]
        found = [_unknown(word.__name__, name, names) for name in unknown]
        found += [
            Wrong(f"lacks {name}", f"Say {word.__name__}(…, {name}=…).") for name in missing if not unknown
        ]
        self.wrong = tuple(found)
        given = {name: value for name, value in words.items() if name in names}
        init(self, *args, **dict.fromkeys(missing, ""), **given)

    word.__init__ = kept  # type: ignore[misc] # this is what the decorator is for
    return word


def _unknown(word: str, name: str, names: list[str]) -> Wrong:
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"{word} has: {', '.join(names)}."
    return Wrong(f"has an unknown word {name!r}", hint)
