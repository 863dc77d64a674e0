# SPDX-License-Identifier: Apache-2.0
"""A stand-in for a firmware built for Linux: says hello, damps its rates, answers echoes.

Run as `stand_in_firmware.py <port> <host>`. An echo that says "pid" is answered with its process
id, one that says "die" with its end.
"""

import os
import socket
import struct
import sys

HELLO, HOVER = b"\xf3", 30000


def main() -> None:
    """Fly until told to die, or killed."""
    port, host = int(sys.argv[1]), sys.argv[2]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.connect((host, port))
        link.settimeout(0.1)
        greeted = calibrated = False
        while True:
            if not greeted:
                link.send(HELLO)
            try:
                datagram = link.recv(64)
            except TimeoutError:
                continue
            header, data = datagram[0] & 0xF3, datagram[1:]
            if datagram == HELLO:
                greeted = True
            elif not greeted:
                continue
            elif header == 0xD1 and data[:1] == b"\0":
                link.send(datagram[:1] + b"\0\x0c")
            elif header == 0xA0:
                link.send(b"\x90" + struct.pack("<4H", *_damp(*struct.unpack("<6h", data[1:]))))
                if not calibrated:
                    calibrated = True
                    link.send(b"\x90\1")
            elif header == 0xF0:
                if b"die" in data:
                    sys.exit("stand-in: told to die")
                link.send(datagram[:1] + (b"%d" % os.getpid() if b"pid" in data else data))


def _damp(*felt: int) -> list[int]:
    p, q, r = (4 * rate for rate in felt[3:])
    turns = (p + q + r, p - q - r, -p - q + r, -p + q - r)
    return [max(0, min(65535, HOVER + turn)) for turn in turns]


if __name__ == "__main__":
    main()
