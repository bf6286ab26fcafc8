"""What the parts of one command share."""

from dataclasses import dataclass

from cekura_client import Cekura
from cekura_client.cli.output.progress import Bar
from cekura_client.cli.output.results import Output
from cekura_client.cli.output.terminal import Terminal
from cekura_client.cli.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """A client, how to go about it, and where everything is shown."""

    cekura: Cekura
    settings: Settings
    terminal: Terminal
    output: Output

    def bar(self, title: str) -> Bar:
        """Make a bar, to be entered; it shows nothing where there is no room for it."""
        return Bar(
            title,
            lambda: self.cekura.rate_limit_pause,
            self.terminal.messages if self.has_room_for_a_bar else None,
        )

    @property
    def has_room_for_a_bar(self) -> bool:
        """Whether a bar can be drawn again and again, with nothing written in between."""
        return self.terminal.can_redraw and self.output.leaves_room_for_a_bar
