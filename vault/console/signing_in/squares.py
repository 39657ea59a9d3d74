"""A QR code (ISO/IEC 18004) as SVG, made where the secret is: no other host and no script sees it."""

from typing import Final

from markupsafe import Markup
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

QUIET: Final = 4
"""So many squares around a code stay white, or a camera does not find it."""


def square(text: str) -> Markup:
    """The code as a path of one colour on white, in light and in dark alike."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    side = code.getModuleCount()
    dark = "".join(
        f"M{column + QUIET} {row + QUIET}h1v1h-1z"
        for row in range(side)
        for column in range(side)
        if code.isDark(row, column)
    )
    whole = side + 2 * QUIET
    return Markup(
        '<svg class="square" viewBox="0 0 {0} {0}" width="232" height="232" aria-hidden="true" focusable="false">'
        '<path fill="#fff" d="M0 0h{0}v{0}H0z"/><path fill="#000" d="{1}"/></svg>'
    ).format(whole, dark)
