"""The six detectors of unified_detectors by name, in the order of their weight."""

from amc_assets.detectors import catalyst_news, options_flow, squeeze, technicals, vigl_pattern, volume_momentum
from amc_assets.detectors.detector import Detector

_ALL = (
    Detector(volume_momentum.DECLARATION, volume_momentum.score),
    Detector(squeeze.DECLARATION, squeeze.score),
    Detector(catalyst_news.DECLARATION, catalyst_news.score),
    Detector(options_flow.DECLARATION, options_flow.score),
    Detector(technicals.DECLARATION, technicals.score),
    Detector(vigl_pattern.DECLARATION, vigl_pattern.score),
)
DETECTORS: dict[str, Detector] = {detector.declaration.name: detector for detector in _ALL}
