"""Live widgets, one module each. They show a picture and words where no widget runs."""

from genlab.widgets.generation_player import GenerationPlayer
from genlab.widgets.generation_settings import GenerationSettings
from genlab.widgets.parity_board import ParityBoard
from genlab.widgets.phone_keyboard import PhoneKeyboard
from genlab.widgets.position_picker import PositionPicker
from genlab.widgets.sampling_sliders import SamplingSliders
from genlab.widgets.serving_costs import ServingCosts
from genlab.widgets.token_explorer import TokenExplorer

__all__ = [
    "GenerationPlayer",
    "GenerationSettings",
    "ParityBoard",
    "PhoneKeyboard",
    "PositionPicker",
    "SamplingSliders",
    "ServingCosts",
    "TokenExplorer",
]
