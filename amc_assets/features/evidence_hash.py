"""One hash over the data files behind features (news, borrowing, plausibility): with others a run is another run."""

import hashlib
from pathlib import Path

import msgspec

from amc_assets.features import news
from amc_assets.features.borrow.calibration import load_stress_calibration
from amc_assets.features.news.vocabulary import read_vocabulary
from amc_assets.features.plausibility_limits import load_plausibility_limits


def evidence_hash() -> str:
    """Return SHA-256 over the calibration of borrow stress, limits of plausibility and tables of the news room.

    Comments and layout of the files do not count. Raises FeatureInputError when one is absent or broken.
    """
    names = sorted(path.stem for path in Path(news.__path__[0]).glob("*.toml"))
    tables = {name: read_vocabulary(name) for name in names}
    content = [load_stress_calibration().calibration_hash, load_plausibility_limits().limits_hash, tables]
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
