"""What the package's extras install, and what to say where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from flyball.domain.errors import Unusable

EXTRAS = {
    "boosting": {"lightgbm", "xgboost"},
    "charts": {"altair", "vl_convert"},
    "jobs": {"amqp", "celery", "kombu", "redis"},
    "learning": {"duckdb", "optuna", "pandas", "pyarrow", "sklearn", "skops", "threadpoolctl"},
    "project": {"allauth", "fido2", "jwt", "oauthlib", "qrcode", "unfold"},
    "s3": {"aiobotocore", "botocore", "fsspec", "s3fs"},
    "postgres": {"psycopg", "psycopg2", "psycopg_pool"},
}
"""What each extra installs, as it is imported."""


def missing(error: BaseException) -> Unusable | None:
    """What to install, where an import failed for want of an extra; else nothing."""
    name = ((error.name or "") if isinstance(error, ModuleNotFoundError) else "").partition(".")[0]
    if "psycopg" in str(error) and type(error).__name__ == "ImproperlyConfigured":
        name = "psycopg"  # Django's own words for it
    extra = next((extra for extra, modules in EXTRAS.items() if name in modules), None)
    if extra is None:
        return None
    return Unusable(f'{name} is missing here. Install it: pip install "django-flyball[{extra}]"')


def check(name: str) -> None:
    """Raises ``Unusable`` where a module of an extra is not installed; nothing is imported."""
    if find_spec(name) is None:
        raise missing(ModuleNotFoundError(name=name)) or Unusable(f"{name} is missing here.")
