"""The app's name and label, and its kind of job."""

from django.apps import AppConfig


class BacktestsConfig(AppConfig):
    """Backtests, and the job that carries them out."""

    name = "flyball.control.backtests"
    label = "flyball_backtests"
    verbose_name = "Flyball: backtests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Add the job that asks a version what it would have answered."""
        from flyball.control.jobs.kinds import Kind, register  # with what it imports only when it is needed

        register(
            Kind(
                name="backtest",
                queue="default",
                service="flyball.control.backtests.jobs.carry_out",
                is_heavy=True,  # a model in a process of its own, whatever it takes
                told="flyball.control.backtests.jobs.follow",
                is_recurring=False,
            )
        )
