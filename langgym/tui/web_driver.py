"""How the served application talks to its page: Textual's driver for the web, which here notices the server's end."""

from textual.drivers.web_driver import WebDriver


class PageDriver(WebDriver):
    """A driver whose application ends with its input.

    A server that was killed ends nobody, and an application at rest never writes and so never finds its page gone.
    """

    def run_input_thread(self) -> None:
        """Reads keys until the application leaves or nobody is there to type them."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.on_meta("quit", {})
