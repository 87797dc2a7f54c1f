"""Reads images of Markdown."""

import base64
from io import BytesIO

from PIL import Image


def image_of(uri: str) -> Image.Image:
    """The image of a data URI."""
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(BytesIO(base64.b64decode(data)))
