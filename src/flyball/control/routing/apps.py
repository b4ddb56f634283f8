"""The app's name and label."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    """Routes of endpoints; the tables of predictions and outcomes."""

    name = "flyball.control.routing"
    label = "flyball_routing"
    verbose_name = "Flyball: routing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the jobs: one builds, registers and promotes, one says what a promotion would change."""
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

        register(
            Kind(
                name="build",
                queue="build",
                service="flyball.control.routing.building.carry_out",
                is_heavy=True,
                loads=("flyball.learning.selection", "skops.io"),
                told="flyball.control.registry.jobs.follow",
            )
        )
        register(
            Kind(
                name="effect",
                queue="default",
                service="flyball.control.routing.foreseeing.effect.carry_out",
                is_heavy=True,  # a model in a process of its own, whatever it takes
                is_recurring=False,
            )
        )
