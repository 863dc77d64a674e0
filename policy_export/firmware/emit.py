# SPDX-License-Identifier: Apache-2.0
"""policy_data.hpp: the manifest, the weights and the tables of one policy as C++ constants."""

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_export.firmware.board import Board
from policy_export.firmware.network import Dense, Float32, Network
from policy_export.firmware.seal import seal_line
from policy_export.firmware.sources import task_header, task_struct
from policy_export.manifest import Manifest, MotorActionSpec
from sim_core.course_library import CourseNumbers

BLOCK = 8
"""kBlock of cpp/network.hpp."""

_TYPES = {"float32": "float", "int8": "std::int8_t", "int32": "std::int32_t"}
_ACTIVATIONS = {"none": "kNone", "tanh": "kTanh", "relu": "kRelu"}


@dataclass(frozen=True)
class GuardOnBoard:
    """What the drone holds its policy to by itself.

    Attributes:
        box_low_m: Corner of the fence with the lowest x, y and z [m; W].
        box_high_m: The opposite corner.
        max_tilt_deg: Largest angle between the body's z axis and the world's.
        max_speed_m_s: Largest speed.
        dead_man_ms: Longest silence of the laptop.
        stale_ms: Longest that the estimate may stay the same, to the bit.
        start_within_m: So near to its begin a path is begun.
        lowest_rest_m: Not lower does a drone come to rest that is given back [m; W].
    """

    box_low_m: tuple[float, float, float]
    box_high_m: tuple[float, float, float]
    max_tilt_deg: float
    max_speed_m_s: float
    dead_man_ms: int = 200
    stale_ms: int = 100  # guess: a hundred periods of the estimator, whose numbers always move
    start_within_m: float = 0.5  # guess: policies are trained to settle from a metre away
    lowest_rest_m: float = 0.3  # as firmware_bridge/braking.py catches a drone above the ground


@dataclass(frozen=True)
class ThrustOnBoard:
    """What 16 bits of thrust mean to the firmware: `motor_n = max_n u`, or `square u² + linear u`.

    Attributes:
        kind: "linear" or "pwm".
        max_n: Of one motor at full command.
        square_n: Of the curve over the PWM share; counts for "pwm" alone.
        linear_n: Likewise.
    """

    kind: str
    max_n: float
    square_n: float
    linear_n: float


@dataclass(frozen=True, eq=False)
class SelfTest:
    """A state, and what the policy makes of it as the first of its first task."""

    state: Float32
    observation: Float32
    command: Float32


def blocked(layer: Dense) -> NDArray[Any]:
    """A layer's weights as cpp/network.hpp reads them, shape (blocks, inputs, BLOCK)."""
    blocks = -(-layer.outputs // BLOCK)
    padded = np.zeros((blocks * BLOCK, layer.inputs), layer.weights.dtype)
    padded[: layer.outputs] = layer.weights
    return np.ascontiguousarray(padded.reshape(blocks, BLOCK, layer.inputs).transpose(0, 2, 1))


def policy_data(
    manifest: Manifest,
    core_task: str,
    airframe: str,
    network: Network,
    board: Board,
    guard: GuardOnBoard,
    thrust: ThrustOnBoard,
    test: SelfTest,
) -> str:
    """The text of the header."""
    header = _Header()
    header.line(_TOP.format(manifest=_quoted(manifest.sha256), task=task_header(core_task)))
    header.line(f"using Task = sim_core::scalar::{task_struct(core_task)};")
    header.line(f"constexpr int kObservationSize = {manifest.observation_size};")
    header.line(
        "static_assert(sim_core::size_of(Task::kObservation) == kObservationSize,"
        ' "the observation that it was trained on");'
    )
    header.line(f"constexpr char kPolicy[] = {_quoted(manifest.sha256)};")
    header.line(f"constexpr char kAirframe[] = {_quoted(airframe)};")
    header.line(f"constexpr float kHoverThrustN = {_f(manifest.hover_thrust_n)};")
    header.line(f"constexpr std::uint32_t kPeriodMs = {round(1e3 / manifest.control_rate_hz)};")
    _action(header, manifest)
    _network(header, network)
    _tasks(header, board)
    header.line(f"constexpr Guard kGuard = {{{_guard(guard)}}};")
    pwm = str(thrust.kind == "pwm").lower()
    numbers = _fs((thrust.max_n, thrust.square_n, thrust.linear_n))
    header.line(f"constexpr Thrust kThrust = {{{pwm}, {numbers}}};\n")
    for name, values in vars(test).items():
        header.array(f"kSelfTest{name.title()}", values, sealed=False)
    header.seal()
    header.line("\n}  // namespace martlet")
    return header.text()


class _Header:
    """Lines of C++, and the CRC-32 of the arrays among them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._sealed: list[str] = []
        self._crc = 0

    def line(self, text: str) -> None:
        self._lines.append(text)

    def array(self, name: str, values: NDArray[Any], *, sealed: bool = True) -> None:
        """An array, flat, each number to its last bit."""
        flat = np.ascontiguousarray(values).ravel()
        numbers = [float(x).hex() + "f" for x in flat] if flat.dtype.kind == "f" else flat.tolist()
        rows = [", ".join(map(str, numbers[at : at + 8])) for at in range(0, len(numbers), 8)]
        self.line(f"const {_TYPES[flat.dtype.name]} {name}[] = {{\n  " + ",\n  ".join(rows) + "};")
        if sealed:
            self._crc = zlib.crc32(flat.tobytes(), self._crc)
            self._sealed.append(name)

    def seal(self) -> None:
        parts = ", ".join(f"{{{name}, sizeof {name}}}" for name in self._sealed)
        self.line(f"const Sealed kSealed[] = {{{parts}}};")
        self.line(seal_line(self._crc))

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"


def _action(header: _Header, manifest: Manifest) -> None:
    """What is sent at the begin, and within which limits."""
    action = manifest.action
    if isinstance(action, MotorActionSpec):
        hover, limits = f"{{{_fs([action.hover] * 4)}}}", f"0.0f, 0.0f, {{}}, {_fs(action.motors)}"
    else:
        hover = "kHoverThrustN, {0.0f, 0.0f, 0.0f}"
        limits = f"{_fs(action.thrust_n)}, {{{_fs(action.body_rates_rad_s)}}}"
    header.line(f"constexpr Task::Action::Sent<float> kHover = {{{hover}}};")
    header.line(f"constexpr sim_core::CommandLimits kLimits = {{{limits}}};\n")


def _network(header: _Header, network: Network) -> None:
    header.array("kObservationOffset", network.offset)
    header.array("kObservationScale", network.scale)
    rows = []
    for number, layer in enumerate(network.layers):
        header.array(f"kWeights{number}", blocked(layer))
        header.array(f"kBiases{number}", layer.biases)
        scales = "nullptr"
        if layer.scales is not None:
            scales = f"kScales{number}"
            header.array(scales, layer.scales)
        rows.append(
            f"  {{{layer.inputs}, {layer.outputs}, kWeights{number}, {scales}, kBiases{number},"
            f" Activation::{_ACTIVATIONS[layer.activation]}}}"
        )
    weight = _TYPES[network.layers[0].weights.dtype.name]
    header.line(f"constexpr Layer<{weight}> kLayers[] = {{\n" + ",\n".join(rows) + "};")
    header.array("kCommandCenter", network.center)
    header.array("kCommandHalfRange", network.half_range)
    header.line("")


def _tasks(header: _Header, board: Board) -> None:
    references = courses = "{}"
    if board.paths:
        for name in ("goals", "points", "first", "last", "ahead"):
            header.array(f"kPath{name.title()}", board.paths[name])
        count = len(board.names)
        references = (
            f"{{kPathGoals, kPathPoints, kPathFirst, kPathLast, kPathAhead, {count}, {{}}}}"
        )
    if board.courses:
        courses = _courses(header, board.courses)
    header.line(f"constexpr sim_core::World kWorld = {{{references}, {courses}, {{}}}};")
    rows = [
        f"  {{{_quoted(name)}, {str(not hasattr(task, 'reference')).lower()}, {{{_fs(start)}}}}}"
        for name, task, start in zip(board.names, board.tasks, board.starts_m(), strict=True)
    ]
    header.line(f"constexpr int kTaskCount = {len(rows)};")
    header.line("constexpr TaskOnBoard kTasks[] = {\n" + ",\n".join(rows) + "};\n")


def _courses(header: _Header, courses: CourseNumbers) -> str:
    names = []
    for field in dataclasses.fields(courses):
        values = getattr(courses, field.name)
        if field.name == "rules":
            continue
        name = f"kCourse{field.name.title().replace('_', '')}" if values.size else "nullptr"
        if values.size:
            header.array(name, values)
        names.append(name)
    rules = courses.rules
    room = f"{{{_fs(rules['room_low_m'])}}}, {{{_fs(rules['room_high_m'])}}}"
    numbers = f"{rules['laps']}, {int(rules['closed'])}, {int(rules['in_order'])}"
    text = f"{{{{}}, {room}, {_f(rules['sensing_range_m'])}, {numbers}}}"
    count, gates, _ = courses.told_gates.shape
    poles = courses.told_poles.shape[1]
    return f"{{{text}, {count}, {gates}, {poles}, {', '.join(names)}}}"


def _guard(guard: GuardOnBoard) -> str:
    cos = float(np.cos(np.deg2rad(guard.max_tilt_deg)))
    return (
        f"{{{_fs(guard.box_low_m)}}}, {{{_fs(guard.box_high_m)}}}, {_f(cos)},"
        f" {_f(guard.max_speed_m_s)}, {guard.dead_man_ms}u, {guard.stale_ms}u,"
        f" {_f(guard.start_within_m)}, {_f(guard.lowest_rest_m)}"
    )


def _f(value: float) -> str:
    return repr(float(np.float32(value))) + "f"


def _fs(values: Sequence[float]) -> str:
    return ", ".join(_f(value) for value in values)


def _quoted(text: str) -> str:
    plain = "".join(c if c.isalnum() or c in " _-.+" else "_" for c in text)
    return f'"{plain}"'


_TOP = """\
// SPDX-License-Identifier: Apache-2.0
/// Written by `martlet export --target firmware` from the policy that is sealed with SHA-256
/// {manifest}.
#pragma once

#include <cstddef>
#include <cstdint>

#include "network.hpp"
#include "on_board.hpp"
#include "{task}"

namespace martlet {{
"""
