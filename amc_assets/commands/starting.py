"""The first sign of life: a moving line while Dagster and the data libraries are loaded, which takes seconds."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def shown_while_loading() -> Iterator[None]:
    """Show on a terminal that the program is loading; say nothing in a pipe."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal or console.is_dumb_terminal:
        yield
        return
    with console.status("loading the program", spinner="line"):
        yield
