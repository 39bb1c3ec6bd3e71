"""What can be wrong with settings, as data and as sentences. No value of a secret ever enters here."""

from dataclasses import dataclass

from amc_assets.settings.about import VariableDoc

_LONGEST_ECHO = 60


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """State one fault: the variable, what is wrong, what that blocks, what to do next."""

    variable: str
    wrong: str
    blocks: str
    remedy: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        return f"{self.variable}: {self.wrong}. Blocks: {self.blocks}. What to do: {self.remedy}."


@dataclass(frozen=True, slots=True)
class SettingsWarning:
    """State something that is probably not meant; `nearest` is the valid name a misspelt one resembles."""

    variable: str
    message: str
    nearest: str | None = None

    def __str__(self) -> str:
        """Return the warning as one line."""
        return f"{self.variable} {self.message}"


class SettingsError(ValueError):
    """Report every fault of the environment at once; `problems` holds them in the table's order."""

    def __init__(self, problems: tuple[SettingsProblem, ...]) -> None:
        """Build the message from the faults, one line each."""
        self.problems = problems
        count = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{count} wrong (docs/configuration.md lists every variable):\n{lines}")

    def __reduce__(self) -> tuple[type["SettingsError"], tuple[tuple[SettingsProblem, ...]]]:
        """Survive the trip between processes, which rebuild an exception from its arguments."""
        return (SettingsError, (self.problems,))


def problem_of(doc: VariableDoc, wrong: str, given: str | None = None) -> SettingsProblem:
    """Return the fault of one variable; `given` is quoted only where it cannot hold a secret."""
    quoted = _quotation(doc, given)
    return SettingsProblem(doc.name, f"{wrong}{quoted}", doc.affects, doc.remedy)


def missing_of(doc: VariableDoc, wrong: str) -> SettingsProblem:
    """Return the fault of a variable that another one makes necessary: its default does not serve."""
    return SettingsProblem(doc.name, wrong, doc.affects, doc.remedy_when_required)


def _quotation(doc: VariableDoc, given: str | None) -> str:
    # An address or a path may carry a password by mistake: "user:pw@host" and "?apikey=..." stay unquoted.
    if given is None or doc.is_secret or "@" in given or "=" in given:
        return ""
    shown = given if len(given) <= _LONGEST_ECHO else given[:_LONGEST_ECHO] + "..."
    return f" (it is {shown!r})"
