"""The app's name and label."""

from django.apps import AppConfig


class CardsConfig(AppConfig):
    """Cards of versions: what people have written on them."""

    name = "flyball.control.cards"
    label = "flyball_cards"
    verbose_name = "Flyball: cards"
    default_auto_field = "django.db.models.BigAutoField"
