"""One pass of the desk, for cron: fire what is due, and send what waits."""

from typing import Any

from django.core.management.base import BaseCommand
from support.desk import desk


class Command(BaseCommand):
    """Runs passes until nothing is left to do."""

    help = "Lets time do its part for the cases of the desk, once."

    def handle(self, **options: Any) -> None:
        """Run them, and say what they did."""
        fired = relayed = 0
        while (done := desk.run_due()).fired or done.relayed:
            fired, relayed = fired + done.fired, relayed + done.relayed
        self.stdout.write(f"fired {fired}, relayed {relayed}")
