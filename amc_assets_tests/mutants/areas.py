"""What is mutated, and which tests judge a mutant of it: those that are about it, not the whole suite."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = "amc_assets_tests"


@dataclass(frozen=True)
class Area:
    """Modules, as patterns below the project folder, and the test files and folders that judge them."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self, root: Path) -> Iterator[Path]:
        """Yield its modules below ``root``, as paths relative to it, ascending."""
        found = {path.relative_to(root) for pattern in self.modules for path in root.glob(pattern)}
        return iter(sorted(path for path in found if path.name != "__init__.py"))


AREAS = (
    Area(
        "wiring",
        (
            "amc_assets/pipeline/gather.py", "amc_assets/pipeline/history.py", "amc_assets/pipeline/recent.py",
            "amc_assets/pipeline/identities.py", "amc_assets/lake/vintages.py",
        ),
        (
            f"{TESTS}/pipeline/test_windows.py", f"{TESTS}/pipeline/test_window_values.py",
            f"{TESTS}/pipeline/test_stale_inputs.py", f"{TESTS}/lake/test_vintages.py",
            f"{TESTS}/lake/test_withdrawals.py", f"{TESTS}/pipeline/test_split_feed.py",
        ),
    ),
    Area(
        "second stage",
        (
            "amc_assets/pipeline/shortlist.py", "amc_assets/pipeline/stamping.py",
            "amc_assets/pipeline/share_counts.py", "amc_assets/pipeline/fails_balances.py",
        ),
        (
            f"{TESTS}/pipeline/test_shortlist.py", f"{TESTS}/pipeline/test_stamping.py",
            f"{TESTS}/pipeline/test_share_counts.py", f"{TESTS}/pipeline/test_fails_balances.py",
            f"{TESTS}/pipeline/test_counts_taken_back.py", f"{TESTS}/pipeline/test_refused_counts.py",
        ),
    ),
    Area(
        "features",
        ("amc_assets/features/*.py",),
        tuple(
            f"{TESTS}/features/{name}.py"
            for name in (
                "test_prices", "test_shorts", "test_build", "test_ages", "test_identity", "test_panel",
                "test_plausibility", "test_incremental", "test_rangeless", "test_registry", "test_table",
                "test_stopped_feeds", "test_properties",
            )
        ),
    ),
    Area("borrow", ("amc_assets/features/borrow/*.py",), (f"{TESTS}/features/borrow",)),
    Area("news", ("amc_assets/features/news/*.py",), (f"{TESTS}/features/news",)),
    Area("options", ("amc_assets/features/options/*.py",), (f"{TESTS}/features/options",)),
    Area("detectors", ("amc_assets/detectors/*.py",), (f"{TESTS}/detectors",)),
    Area("strategies", ("amc_assets/strategies/*.py",), (f"{TESTS}/strategies",)),
    Area("evaluation", ("amc_assets/evaluation/*.py",), (f"{TESTS}/evaluation",)),
)  # fmt: skip
