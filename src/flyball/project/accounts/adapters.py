"""What this project asks of allauth: nobody signs up by themselves, and passwords are limited elsewhere."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from flyball.control.accounts import selectors
from flyball.domain.errors import NotFound
from flyball.project.accounts.proof import has_proven

LOCAL = "127.0.0.1"
"""Whom nothing names as its address: a socket of this machine."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Accounts with a name and a password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an account takes an invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: ``LimitedBackend`` limits passwords, so that nobody locks out others."""

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """A sign-in counts as a proof like any other."""
        return not has_proven(self.request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that the guard has found, behind trusted proxies too."""
        return request.META.get("REMOTE_ADDR") or LOCAL

    def is_safe_url(self, url: str | None) -> bool:
        """Where to go on: here, and never to the sign-in again, which would be a circle."""
        return bool(super().is_safe_url(url)) and urlsplit(url).path != reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to what protects the account."""
        return reverse("mfa_index")


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """Accounts of an OpenID Connect provider, known by its issuer's number for them and by nothing else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Only on the way to an invitation that can still be accepted."""
        try:
            text = resolve(sociallogin.state.get("next") or "").kwargs.get("text", "")
            return selectors.invitation(text) is not None
        except (Resolver404, NotFound):
            return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Its mail addresses are not taken: nobody becomes somebody else by one."""
        sociallogin.email_addresses = []
        return super().populate_user(request, sociallogin, {**data, "email": ""})


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is not typed
    """The secrets of authenticator apps and recovery codes are unreadable without ``secret_key``."""

    def generate_authenticator_name(self, user: Any, type: str) -> str:  # noqa: A002 - its name there
        """What a passkey is called, unless its owner says otherwise."""
        others = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {others + 1}" if others else "Passkey"

    def encrypt(self, text: str) -> str:
        """For the database."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """From the database."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    digest = hashlib.sha256(f"flyball.project.accounts:{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
