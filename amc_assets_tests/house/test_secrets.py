"""The secret scan over every text of the project: nothing that looks like a secret beyond the reviewed list.

Reviewed findings are in ``.secrets.baseline`` (made-up keys of tests). After adding one on purpose, renew the list with
the command that the failure message prints.
"""

import json
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

from amc_assets_tests.house.sources import ROOT, all_files, name_of

BASELINE = json.loads((ROOT / ".secrets.baseline").read_text(encoding="utf-8"))
NOT_SCANNED = {"requirements.lock": "five thousand hashes", ".secrets.baseline": "the list itself"}


def secrets_in(paths: list[Path]) -> set[tuple[str, str]]:
    """Return (file, hash) of everything that looks like a secret, by the plugins and filters of the list."""
    settings = {"plugins_used": BASELINE["plugins_used"], "filters_used": BASELINE["filters_used"]}
    found = SecretsCollection()
    with transient_settings(settings):
        for path in paths:
            found.scan_file(str(path))
        return {(name_of(Path(name)), item.secret_hash) for name, item in found}


def test_no_secret_beyond_the_reviewed_ones():
    scanned = [path for path in all_files() if name_of(path) not in NOT_SCANNED]
    reviewed = {(name, item["hashed_secret"]) for name, items in BASELINE["results"].items() for item in items}
    new = sorted({name for name, _ in secrets_in(scanned) - reviewed})
    assert new == [], (
        "these look like secrets: remove them, or review them and renew the list with: .venv/bin/detect-secrets scan "
        "--all-files amc_assets amc_assets_tests benchmarks docs .ci *.md *.toml *.yaml Makefile > .secrets.baseline"
    )


def test_the_list_holds_only_files_that_exist():
    assert [name for name in BASELINE["results"] if not (ROOT / name).is_file()] == []


def test_planted_key_is_caught(tmp_path: Path):
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    planted = ROOT / "amc_assets" / "market" / "errors.py"
    copy = tmp_path / "errors.py"
    copy.write_text(f'{planted.read_text(encoding="utf-8")}\nTOKEN = "{key}"\n', encoding="utf-8")
    settings = {"plugins_used": BASELINE["plugins_used"], "filters_used": BASELINE["filters_used"]}
    found = SecretsCollection()
    with transient_settings(settings):
        found.scan_file(str(copy))
    assert any(item.type == "AWS Access Key" for _, item in found)
