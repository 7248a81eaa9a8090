"""Live widgets, one module each. They show a picture and words where no widget runs."""

from genlab.widgets.phone_keyboard import PhoneKeyboard
from genlab.widgets.position_picker import PositionPicker
from genlab.widgets.token_explorer import TokenExplorer

__all__ = ["PhoneKeyboard", "PositionPicker", "TokenExplorer"]
