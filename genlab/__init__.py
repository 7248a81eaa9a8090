"""What a course notebook imports: models, checks, plots, live widgets. It knows no answers."""

from genlab.checking import check
from genlab.guessing import came_out, guess, guesses
from genlab.library_messages import listening
from genlab.missing_names import explain_missing_names
from genlab.models import environment, load_model, probe_model
from genlab.passed import progress
from genlab.version import VERSION as __version__

__all__ = [
    "__version__",
    "came_out",
    "check",
    "environment",
    "guess",
    "guesses",
    "listening",
    "load_model",
    "probe_model",
    "progress",
]

explain_missing_names()
