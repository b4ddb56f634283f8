"""Django settings of the ready-made project, drawn from ``flyball.config``."""

from __future__ import annotations

import os
from pathlib import Path

from flyball import APPS, logs
from flyball.config import load
from flyball.project.databases import django_database
from flyball.project.secrets import secret_file

BASE_DIR = Path(os.environ.get("FLYBALL_PROJECT", Path.cwd()))
FLYBALL = load(base=BASE_DIR)

LOGGING = logs.dictionary(FLYBALL)
SECRET_KEY = secret_file(FLYBALL.home / "secret_key")
DEBUG = FLYBALL.debug
ALLOWED_HOSTS = list(FLYBALL.allowed_hosts)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "flyball.project",
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
    "flyball.project.logins.LoginMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_USER_MODEL = "flyball_project.User"
AUTHENTICATION_BACKENDS = ["flyball.project.logins.LimitedBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "flyball-sign-in"
LOGIN_REDIRECT_URL = "flyball-home"
LOGOUT_REDIRECT_URL = "flyball-sign-in"
ROOT_URLCONF = "flyball.project.urls"
ASGI_APPLICATION = "flyball.project.asgi.application"
DATABASES = {"default": django_database(FLYBALL.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = FLYBALL.is_https
CSRF_COOKIE_SECURE = FLYBALL.is_https
SECURE_HSTS_SECONDS = 31_536_000 if FLYBALL.is_https else 0
# The guard in front of Django passes on whether a request came by https, for proxies that are trusted alone.
SECURE_PROXY_SSL_HEADER = None
