"""Rules of other tools, taken in as our own. What cannot be taken in is named, with the reason."""

from bartizan.text.adapters.detect_secrets import from_detect_secrets
from bartizan.text.adapters.gitleaks import from_gitleaks
from bartizan.text.adapters.imported import Imported, Left
from bartizan.text.adapters.presidio import from_presidio

__all__ = ["Imported", "Left", "from_detect_secrets", "from_gitleaks", "from_presidio"]
