"""Links for people without an account: made, taken back, and how often they are asked with."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.crypto import salted_hmac

from flyball.control.asking.models import AskedMinute, AskLink
from flyball.control.declarations.models import Endpoint
from flyball.domain.errors import Conflict, InvalidInput, NotFound, Problem, RateLimited
from flyball.domain.records import now
from flyball.domain.tries import network

SALT = "flyball.asklink"
ORIGIN = re.compile(
    r"https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?"
)
"""A site as browsers name it: nothing in it can end the policy that it is written into."""
MOST_ORIGINS, MOST_LINKS = 20, 100
KEPT_MINUTES = 5


def links(endpoint: str) -> QuerySet[AskLink]:
    """All links of an endpoint, newest first."""
    return AskLink.objects.filter(endpoint_id=endpoint).select_related("created_by", "revoked_by")


def make_link(*, endpoint: Endpoint, origins: Sequence[str], user: Any) -> AskLink:
    """A new link. Raises ``InvalidInput`` for what is no origin; ``Conflict`` where there are too many."""
    wrong = [each for each in origins if not ORIGIN.fullmatch(each)]
    if wrong or len(origins) > MOST_ORIGINS:
        message = f"Expected at most {MOST_ORIGINS} origins, such as https://www.example.org: no path, no *."
        raise InvalidInput("The link does not fit.", problems=[Problem("/origins", "wrong_type", message)])
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        if links(endpoint.name).filter(revoked_at=None).count() >= MOST_LINKS:
            raise Conflict(f"There are {MOST_LINKS} links already: take some back.")
        return AskLink.objects.create(
            endpoint=endpoint, origins=list(dict.fromkeys(origins)), created_by=user
        )


def revoke_link(*, endpoint: str, number: int, user: Any) -> None:
    """Take a link back: from now on nobody is answered by it. Raises ``NotFound``."""
    found = AskLink.objects.filter(endpoint_id=endpoint, pk=number, revoked_at=None)
    if not found.update(revoked_at=now(), revoked_by=user):
        raise NotFound("There is no such link, or it was taken back already.")


def text_of(link: AskLink) -> str:
    """What stands in a link's address; made with the project's secret, so nobody can guess another one."""
    return signing.dumps(link.pk, salt=SALT)


def link_of(text: str) -> AskLink:
    """The link of a text. Raises ``NotFound``, in the same words for one that was taken back."""
    try:
        number = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        number = None
    found = None
    if isinstance(number, int):
        every = AskLink.objects.select_related("endpoint__team")
        found = every.filter(pk=number, revoked_at=None).first()
    if found is None:
        raise NotFound("This page is not there, or is there no more.")
    return found


def count(*, who: str, address: str, limit: int) -> None:
    """Count a question: of all who ask there, and of an address, which gets half. Raises ``RateLimited``.

    An address is kept as a digest that is another one each minute, and for a few minutes.
    """
    minute = int(time.time() // 60)
    digest = salted_hmac(SALT, f"{minute} {network(address)}").hexdigest()[:32]
    _count(f"{who} {digest}", minute, max(1, limit // 2))
    _count(who, minute, limit)


def _count(who: str, minute: int, limit: int) -> None:
    row, is_new = AskedMinute.objects.get_or_create(who=who, minute=minute)
    if is_new:
        AskedMinute.objects.filter(minute__lt=minute - KEPT_MINUTES).delete()
    counted = AskedMinute.objects.filter(pk=row.pk, count__lt=limit).update(count=F("count") + 1)
    if not counted:
        raise RateLimited
