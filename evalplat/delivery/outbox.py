"""Messages written to files instead of being sent, for trying things out."""

from pathlib import Path

from evalplat.delivery.outgoing import Outgoing


class Outbox:
    """Writes each message as a text file into a folder, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Outgoing) -> None:
        """Write one message, named by its reference."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{message.reference}.{message.channel}.txt"
        path.touch(mode=0o600)
        head = f"To: {message.to}\nSubject: {message.subject}\nLanguage: {message.language}\n\n"
        path.write_text(head + message.text, encoding="utf-8")
