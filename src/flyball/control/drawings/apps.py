"""The app's name and label, and its kind of job."""

from django.apps import AppConfig


class DrawingsConfig(AppConfig):
    """Charts as SVG, and the job that draws them."""

    name = "flyball.control.drawings"
    label = "flyball_drawings"
    verbose_name = "Flyball: drawings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that draws."""
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

        register(
            Kind(
                name="draw",
                queue="default",
                service="flyball.control.drawings.services.draw",
                is_heavy=True,  # the engine that draws stays in its process, and reads what users have named
                memory_bytes=1 << 30,  # of data: the engine reserves 590 MB and takes 85
                seconds=60,
                is_recurring=False,
            )
        )
