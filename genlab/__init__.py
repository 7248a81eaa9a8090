"""What a course notebook imports: models, checks, plots, live widgets. It knows no answers."""

from genlab.checks import check
from genlab.models import load_model, probe_model
from genlab.versions import environment

__all__ = ["check", "environment", "load_model", "probe_model"]
__version__ = "0.1.0"
