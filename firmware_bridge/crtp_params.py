# SPDX-License-Identifier: Apache-2.0
"""A twin's parameters: read, written, and kept over a restart as far as a client asks for it."""

import errno
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from firmware_bridge.crtp_toc import Entry, Table, make_table

TYPES = {
    "uint8_t": (0x8, "B"),
    "uint16_t": (0x9, "H"),
    "uint32_t": (0xA, "I"),
    "int8_t": (0x0, "b"),
    "int16_t": (0x1, "h"),
    "int32_t": (0x2, "i"),
    "float": (0x6, "f"),
}
_READ_ONLY, _EXTENDED, _PERSISTENT = 0x40, 0x10, 1

_SET_BY_NAME, _EXTENDED_TYPE, _STORE, _STATE, _CLEAR = 0, 2, 3, 4, 5
_DEFAULT, _EXTENDED_TYPE_2, _DEFAULT_2 = 6, 7, 8


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type, its value after a start, and what may be done to it."""

    name: str
    kind: str
    default: float
    read_only: bool = False
    persistent: bool = False

    @property
    def letter(self) -> str:
        """For struct."""
        return "<" + TYPES[self.kind][1]

    @property
    def entry(self) -> Entry:
        """In the table of contents."""
        flags = _READ_ONLY * self.read_only | _EXTENDED * self.persistent
        return Entry(self.name, TYPES[self.kind][0] | flags)

    def pack(self, value: float) -> bytes:
        """A value as it travels."""
        return struct.pack(self.letter, value if self.kind == "float" else int(value))


class ParamRoom:
    """The parameters of one drone."""

    def __init__(
        self,
        parameters: Iterable[Parameter],
        *,
        order: int | None = None,
        without: tuple[str, ...] = (),
        refused: tuple[str, ...] = (),
    ) -> None:
        """Set everything to its default.

        Args:
            parameters: What there is.
            order: See `make_table`.
            without: See `make_table`.
            refused: Parameters that keep their value whatever is written.
        """
        self._known = {p.name: p for p in parameters}
        self.table: Table = make_table(
            (p.entry for p in self._known.values()), order=order, without=without
        )
        self._refused = refused
        self._values = {name: p.default for name, p in self._known.items()}
        self._stored: dict[str, float] = {}
        self._heard: dict[str, Callable[[float], None]] = {}

    def __getitem__(self, name: str) -> float:
        """The present value of a parameter."""
        return self._values[name]

    def on_write(self, name: str, act: Callable[[float], None]) -> None:
        """Call `act` with each value that a client writes."""
        self._heard[name] = act

    def read(self, request: bytes) -> bytes | None:
        """Answer a request on channel 1: number, error, value."""
        parameter = self._asked(request)
        if parameter is None:
            return request[:2] + bytes([errno.ENOENT]) if len(request) >= 2 else None
        return request[:2] + b"\0" + parameter.pack(self[parameter.name])

    def write(self, request: bytes) -> bytes | None:
        """Obey a request on channel 2, and answer with the value that is there now."""
        parameter = self._asked(request)
        if parameter is None or parameter.read_only:
            return None
        self._set(parameter, request[2:])
        return request[:2] + parameter.pack(self[parameter.name])

    def misc(self, request: bytes) -> bytes | None:
        """Answer a request on channel 3: types, defaults, what is kept."""
        if request[:1] == bytes([_SET_BY_NAME]):
            return self._set_by_name(request)
        command, parameter = request[0] if request else -1, self._asked(request[1:])
        head = request[:3]
        if command in (_EXTENDED_TYPE, _EXTENDED_TYPE_2):
            if parameter is None:
                return head + bytes([errno.ENOENT])
            kind = bytes([_PERSISTENT * parameter.persistent])
            return head + (b"\0" + kind if command == _EXTENDED_TYPE_2 else kind)
        if command in (_DEFAULT, _DEFAULT_2):
            if parameter is None or parameter.read_only:
                return head + bytes([errno.ENOENT])
            value = parameter.pack(parameter.default)
            return head + (b"\0" + value if command == _DEFAULT_2 else value)
        if command in (_STORE, _STATE, _CLEAR):
            if parameter is None or not parameter.persistent:
                return head + bytes([errno.ENOENT])
            return head + self._keep(command, parameter)
        return None

    def _asked(self, request: bytes) -> Parameter | None:
        if len(request) < 2:
            return None
        name = self.table.name_of(int.from_bytes(request[:2], "little"))
        return None if name is None else self._known[name]

    def _set(self, parameter: Parameter, data: bytes) -> None:
        if len(data) < struct.calcsize(parameter.letter) or parameter.name in self._refused:
            return
        (value,) = struct.unpack_from(parameter.letter, data)
        self._values[parameter.name] = value
        if parameter.name in self._heard:
            self._heard[parameter.name](value)

    def _set_by_name(self, request: bytes) -> bytes:
        """Group and name, each ended by a zero; type; value."""
        group, _, rest = request[1:].partition(b"\0")
        name, _, rest = rest.partition(b"\0")
        parameter = self._known.get(f"{group.decode('latin-1')}.{name.decode('latin-1')}")
        answer = request[: 3 + len(group) + len(name)]
        if parameter is None or parameter.read_only or not rest:
            return answer + bytes([errno.ENOENT])
        self._set(parameter, rest[1:])
        return answer + b"\0"

    def _keep(self, command: int, parameter: Parameter) -> bytes:
        if command == _STORE:
            self._stored[parameter.name] = self[parameter.name]
        elif command == _CLEAR:
            self._stored.pop(parameter.name, None)
        else:
            stored = self._stored.get(parameter.name)
            default = parameter.pack(parameter.default)
            return b"\0" + default if stored is None else b"\1" + default + parameter.pack(stored)
        return b"\0"
