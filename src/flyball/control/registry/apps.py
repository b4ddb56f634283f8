"""The app's name and label."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Builds, their leaderboards, and numbered versions."""

    name = "flyball.control.registry"
    label = "flyball_registry"
    verbose_name = "Flyball: registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that helps with somebody else's build."""
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

        register(
            Kind(
                name="help",
                queue="build",
                service="flyball.control.registry.helping.carry_out",
                is_heavy=True,
                loads=("flyball.learning.selection", "skops.io"),
                attempts=1,  # its build goes on without it
                is_recurring=False,
                is_part=True,
            )
        )
