"""The text engine. So far: how hostile text is shown."""

from bartizan.text.visible import visible

__all__ = ["visible"]
