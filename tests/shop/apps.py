"""The app's name and label."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Customers, their orders and their loans."""

    name = "tests.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"
