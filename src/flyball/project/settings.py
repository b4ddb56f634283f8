"""Django settings of the ready-made project, drawn from ``flyball.config``."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from flyball import APPS, logs
from flyball.config import load
from flyball.project.accounts.oidc import providers
from flyball.project.databases import django_database
from flyball.project.mail import mail
from flyball.project.secrets import secret_file

BASE_DIR = Path(os.environ.get("FLYBALL_PROJECT", Path.cwd()))
FLYBALL = load(base=BASE_DIR)

CONSOLE_TEMPLATES = Path(str(files("flyball.console"))) / "templates"
LOGGING = logs.dictionary(FLYBALL)
SECRET_KEY = secret_file(FLYBALL.home / "secret_key")
DEBUG = FLYBALL.debug
ALLOWED_HOSTS = list(FLYBALL.allowed_hosts)
SOCIALACCOUNT_PROVIDERS = providers(FLYBALL)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "flyball.project.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "flyball.project",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *(f"allauth.socialaccount.providers.{name}" for name in SOCIALACCOUNT_PROVIDERS),
    *APPS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "flyball.project.logins.LoginMiddleware",
    "flyball.project.accounts.visits.VisitMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [CONSOLE_TEMPLATES],
        "OPTIONS": {
            "builtins": ["flyball.console.frame.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "flyball.project.accounts.visits.around",
            ],
        },
    }
]

AUTH_USER_MODEL = "flyball_project.User"
AUTHENTICATION_BACKENDS = ["flyball.project.logins.LimitedBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "flyball-home"
LOGOUT_REDIRECT_URL = "account_login"
FLYBALL_PROOF = "flyball.project.accounts.proof.where"

ACCOUNT_ADAPTER = "flyball.project.accounts.adapters.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if FLYBALL.is_https else "http"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True  # nobody is asked: sessions end by themselves
# Passwords are LimitedBackend's; what follows a right one is limited for each account: codes.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/300s/key"}
MFA_ADAPTER = "flyball.project.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Flyball"
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "flyball.project.accounts.adapters.SocialAdapter"
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
# Counts of wrong codes: of as many accounts and addresses as LimitedBackend counts.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
ROOT_URLCONF = "flyball.project.urls"
ASGI_APPLICATION = "flyball.project.asgi.application"
DATABASES = {"default": django_database(FLYBALL.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MAIL = mail(FLYBALL.mail_url)
EMAIL_BACKEND = MAIL.backend
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.host, MAIL.port, MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.starts_tls, MAIL.is_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = FLYBALL.mail_from

UNFOLD = {
    "SITE_TITLE": "Flyball",
    "SITE_HEADER": "Flyball",
    "SITE_ICON": "flyball.project.looks.mark",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "flyball.project.looks.mark"}],
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    # The console's accent, from light to dark.
    "COLORS": {
        "primary": {
            name: f"oklch({light}% {0.02 if light > 90 else 0.075} 185)"
            for name, light in zip(
                ("50", "100", "200", "300", "400", "500", "600", "700", "800", "900", "950"),
                (98, 95, 91, 85, 74, 58, 47, 42, 37, 32, 24),
                strict=True,
            )
        }
    },
}

USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
SESSION_COOKIE_AGE = 12 * 3600  # since it was last used: VisitMiddleware puts it off
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = FLYBALL.is_https
CSRF_COOKIE_SECURE = FLYBALL.is_https
SECURE_HSTS_SECONDS = 31_536_000 if FLYBALL.is_https else 0
# The guard in front of Django passes on whether a request came by https, for proxies that are trusted alone.
SECURE_PROXY_SSL_HEADER = None
