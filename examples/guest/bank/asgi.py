"""The bank for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

from flyball.asgi import beside

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bank.settings")
application = beside(get_asgi_application(), prefix="/ml/")  # Flyball: the prefix of bank/urls.py
