"""The app's name and label, its kind of job, and its step of the dispatchers."""

from django.apps import AppConfig


class ShadowsConfig(AppConfig):
    """Versions that answer beside, off the request's path."""

    name = "flyball.control.shadows"
    label = "flyball_shadows"
    verbose_name = "Flyball: shadows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that asks shadows; have dispatchers ask for it where there is something to do."""
        from flyball.control.jobs import dispatching  # models are loaded only by now
        from flyball.control.jobs.kinds import Kind, register
        from flyball.control.shadows.making import make_due

        register(
            Kind(
                name="shadow",
                queue="default",
                service="flyball.control.shadows.answering.carry_out",
                is_heavy=True,  # a model in a process of its own, whatever it takes
                is_yielding=True,
                seconds=300,  # it ends by itself after one: a row that takes for ever ends here
                is_recurring=False,
            )
        )
        dispatching.register(make_due)
