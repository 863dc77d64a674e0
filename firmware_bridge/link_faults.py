# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way to a Crazyflie, in one sentence that says what to do."""

import re
from urllib.parse import urlsplit

# Bitcraze, "USB permissions": vendor 1915, product 7777 is a Crazyradio.
_UDEV = (
    'write SUBSYSTEM=="usb", ATTRS{idVendor}=="1915", ATTRS{idProduct}=="7777", MODE="0664",'
    ' GROUP="plugdev" to /etc/udev/rules.d/99-bitcraze.rules, join that group, run'
    " `sudo udevadm control --reload-rules` and plug the dongle in again"
)

NOBODY = "nobody answers"

# In the order in which they are looked for: a text of the radio library, what it means.
_FAULTS = (
    (
        r"Cannot find a Crazyradio|Cannot find radio with serial|Cannot find Crazyradio",
        "no Crazyradio dongle was found on this machine: plug one in",
    ),
    (
        r"Access denied|insufficient permissions|Errno 13|not permitted|LIBUSB_ERROR_ACCESS"
        r"|no langid",  # what pyusb says of a device whose texts it may not read
        f"this user may not open the Crazyradio: {_UDEV}",
    ),
    (r"No backend available", "no libusb was found: install libusb-1.0"),
    (r"Resource busy|Errno 16", "the Crazyradio is in use by another program: close that one"),
    (
        r"malformed URI|Wrong radio URI|invalid literal|Non-hexadecimal"
        r"|unpack requires|Invalid IPv6|Port could not be cast|Port out of range",
        "no such address: expected one like radio://0/80/2M/E7E7E7E7E7 or udp://127.0.0.1:19850",
    ),
    (
        r"Name or service not known|Temporary failure in name resolution|gaierror",
        "the host of this address is not known",
    ),
    (r"Could not open usb|Could not open", "no Crazyflie was found on USB: plug it in"),
    (
        r"Too many packets lost|Connection refused|Errno 111",
        f"{NOBODY}: see that the drone is switched on, in range, and on this address",
    ),
    (r"Could not send packet", "the link takes no more packets: the drone is gone or out of range"),
)


def is_address(uri: str) -> bool:
    """Whether an address of a network has a host and a port; others are the library's to judge."""
    try:
        parts = urlsplit(uri)
        return parts.scheme not in ("udp", "tcp") or bool(parts.hostname and parts.port)
    except ValueError:
        return False


def nobody_answers(sentence: str) -> bool:
    """Whether a fault may pass by itself: the drone may yet be switched on."""
    return NOBODY in sentence


def sentence_of(uri: str, text: str) -> str:
    """A sentence for what the radio library says of a link.

    Args:
        uri: Whose link.
        text: Its message, tracebacks and all.
    """
    for pattern, meaning in _FAULTS:
        if re.search(pattern, text, re.IGNORECASE):
            return f"{uri}: {meaning}."
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{uri}: {lines[-1].rstrip('.') if lines else 'the link failed without a word'}."
