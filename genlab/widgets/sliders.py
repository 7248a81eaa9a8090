"""Sliders whose moves the kernel does not echo to the browser that they came from.

ipywidgets sends every new value back first, for other browsers that show the same kernel; the picture waits behind it.
Without the echo a key press shows its picture some milliseconds sooner (``python -m benchmarks.browser``). The price:
if a notebook is open in two browsers, the second one shows the new picture, but its slider stays where it was.
"""

import ipywidgets
from traitlets import CFloat, CInt, Int


class FloatSlider(ipywidgets.FloatSlider):
    value = CFloat(0.0).tag(sync=True, echo_update=False)


class IntSlider(ipywidgets.IntSlider):
    value = CInt(0).tag(sync=True, echo_update=False)


class SelectionSlider(ipywidgets.SelectionSlider):
    index = Int(None, allow_none=True).tag(sync=True, echo_update=False)
