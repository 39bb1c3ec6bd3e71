"""The six detectors of unified_detectors by name, in the order of their weight."""

from amc_assets.detectors import squeeze, technicals, unbuilt, vigl_pattern, volume_momentum
from amc_assets.detectors.detector import Detector

_ALL = (
    Detector(volume_momentum.DECLARATION, volume_momentum.score),
    Detector(squeeze.DECLARATION, squeeze.score),
    Detector(unbuilt.CATALYST_NEWS, unbuilt.score_catalyst_news),
    Detector(unbuilt.OPTIONS_FLOW, unbuilt.score_options_flow),
    Detector(technicals.DECLARATION, technicals.score),
    Detector(vigl_pattern.DECLARATION, vigl_pattern.score),
)
DETECTORS: dict[str, Detector] = {detector.declaration.name: detector for detector in _ALL}
