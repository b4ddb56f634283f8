"""Signing in with an OpenID Connect provider, where the settings name one."""

from __future__ import annotations

from typing import Any

from flyball.config import Config

PROVIDER = "sso"
"""What it is called in addresses: ``/account/oidc/sso/login/callback/`` is where it sends people back."""


def providers(config: Config) -> dict[str, Any]:
    """allauth's ``SOCIALACCOUNT_PROVIDERS``. Raises ``ValueError`` where only a part is set."""
    parts = {
        "FLYBALL_OIDC_ISSUER": config.oidc_issuer,
        "FLYBALL_OIDC_CLIENT_ID": config.oidc_client_id,
        "FLYBALL_OIDC_CLIENT_SECRET": config.oidc_client_secret,
    }
    if not any(parts.values()):
        return {}
    lacking = [name for name, value in parts.items() if not value]
    if lacking:
        raise ValueError(f"Signing in with a provider needs {' and '.join(lacking)} as well.")
    app = {
        "provider_id": PROVIDER,
        "name": config.oidc_name,
        "client_id": config.oidc_client_id,
        "secret": config.oidc_client_secret,
        "settings": {"server_url": config.oidc_issuer},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid", "profile"]}}
