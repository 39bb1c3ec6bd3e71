"""A process that is told to stop (Ctrl-C, SIGTERM): how that travels up to the command line."""


class Stopped(BaseException):
    """The process was told to stop. ``kept`` says what is stored and how to go on; empty where nobody knew it.

    Not an Exception, as KeyboardInterrupt is none: a day that is stopped is no failed day, and nothing may go on
    with the next one.
    """

    def __init__(self, kept: str = "") -> None:
        super().__init__(kept)
        self.kept = kept
