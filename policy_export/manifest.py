# SPDX-License-Identifier: Apache-2.0
"""What a policy file says about itself.

The manifest rides in the ONNX file as JSON under the metadata key `martlet.manifest`. Its last
field seals the file:

    sha256 = SHA-256 over all bytes of the file, with the 64 hexadecimal digits of this field
             replaced by 64 zeros.

The field reads `"sha256": "<64 digits>"` and occurs once in the file, so that it can be found, and
the seal checked, on raw bytes: before any parser has seen the file, and without protobuf.
"""

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_export.errors import ManifestError, PolicyFileError
from policy_export.manifest_fields import FIELDS, check
from sim_core.action_kinds import MOTORS

Float32 = NDArray[np.float32]

METADATA_KEY = "martlet.manifest"
FORMAT = 1
UNSEALED = "0" * 64

_SEAL = re.compile(rb'"sha256": "([0-9a-f]{64})"')


@dataclass(frozen=True)
class ObservationField:
    """A run of entries in an observation: `size` numbers of one unit in one frame."""

    name: str
    size: int
    unit: str
    frame: str


@dataclass(frozen=True)
class ActionSpec:
    """What the policy commands, and within which limits its outputs are flown.

    Attributes:
        kind: "rate_thrust": collective thrust [N] and body rates [rad/s; B].
        thrust_n: Lowest and highest collective thrust [N].
        body_rates_rad_s: Largest magnitude about x, y, z of B [rad/s].
    """

    kind: str
    thrust_n: tuple[float, float]
    body_rates_rad_s: tuple[float, float, float]

    def limits(self) -> tuple[Float32, Float32]:
        """Lowest and highest command [N, rad/s], each of shape (4,)."""
        rates, (low, high) = self.body_rates_rad_s, self.thrust_n
        return (
            np.array([low, *(-rate for rate in rates)], dtype=np.float32),
            np.array([high, *rates], dtype=np.float32),
        )


@dataclass(frozen=True)
class MotorActionSpec:
    """The same of a policy that sits on the drone and commands its motors.

    Attributes:
        kind: "motors": M1 to M4, front right, then clockwise from above.
        unit: What a command of 1 is: full scale of the firmware's thrust command, 65535 counts.
        motors: Lowest and highest command of a motor.
        hover: What the first observation takes for the past command of each motor.
    """

    kind: str
    unit: str
    motors: tuple[float, float]
    hover: float

    def limits(self) -> tuple[Float32, Float32]:
        """Lowest and highest command [1], each of shape (4,)."""
        low, high = self.motors
        return np.full(4, low, dtype=np.float32), np.full(4, high, dtype=np.float32)


@dataclass(frozen=True)
class Training:
    """Where the weights come from."""

    commit: str
    seed: int
    steps: int
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What a policy sees, commands, can fly, and where it comes from.

    Attributes:
        observation: The layout of an observation, in order.
        control_rate_hz: How often it has to be asked.
        action: Kind and limits of its commands.
        airframes: Names of the airframes it was trained for.
        tasks: Names of the kinds of task it can fly.
        history_length: How many past actions the observation carries.
        hover_thrust_n: Collective thrust of a hover [N]; what the first observation takes for the
            past command, where that is a thrust.
        training: Commit, seed, steps and settings.
        evaluation: The referee's figures, by task.
        sha256: The seal; zeros until the file is written.
        format: Version of this form.
    """

    observation: tuple[ObservationField, ...]
    control_rate_hz: float
    action: ActionSpec | MotorActionSpec
    airframes: tuple[str, ...]
    tasks: tuple[str, ...]
    history_length: int
    hover_thrust_n: float
    training: Training
    evaluation: dict[str, Any] = field(default_factory=dict)
    sha256: str = UNSEALED
    format: int = FORMAT

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ManifestError: Naming all faults.
        """
        faults = check(dataclasses.asdict(self), FIELDS)
        if faults:
            raise ManifestError(f"manifest: {'; '.join(faults)}.")

    @property
    def observation_size(self) -> int:
        """Numbers in one observation."""
        return sum(entry.size for entry in self.observation)

    def to_json(self) -> str:
        """The manifest as it rides in the file: one line of JSON."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Read and check a manifest.

        Raises:
            ManifestError: Naming all faults.
        """
        try:
            table = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"manifest: not JSON: {error}.") from None
        faults = check(table, FIELDS)
        if faults:
            raise ManifestError(f"manifest: {'; '.join(faults)}.")
        return cls(**{**table, **_typed(table)})


def thrust_met(manifest: Manifest) -> tuple[str, ...]:
    """What 16 bits of thrust meant to the drones a policy was trained on: "linear", "pwm" or both.

    Linear where the firmware compensates the battery; older firmware takes PWM.
    """
    ranges = manifest.training.settings.get("environment", {}).get("randomization", {})
    low, high = ranges.get("pwm_firmware", {}).get("range", (0.0, 0.0))
    return (*(("linear",) if low < 1.0 else ()), *(("pwm",) if high > 0.0 else ()))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _action(table: dict[str, Any]) -> ActionSpec | MotorActionSpec:
    kind = table["kind"]
    if kind == MOTORS:
        return MotorActionSpec(kind, table["unit"], tuple(table["motors"]), table["hover"])
    return ActionSpec(kind, tuple(table["thrust_n"]), tuple(table["body_rates_rad_s"]))


def _typed(table: dict[str, Any]) -> dict[str, Any]:
    return {
        "observation": tuple(ObservationField(**entry) for entry in table["observation"]),
        "action": _action(table["action"]),
        "airframes": tuple(table["airframes"]),
        "tasks": tuple(table["tasks"]),
        "training": Training(**table["training"]),
    }


def seal_digest(raw: bytes) -> str:
    """The SHA-256 that the file's seal should show."""
    (start, end) = _seal_span(raw)
    return hashlib.sha256(raw[:start] + UNSEALED.encode() + raw[end:]).hexdigest()


def sealed(raw: bytes) -> bytes:
    """The same file with its seal set."""
    (start, end) = _seal_span(raw)
    return raw[:start] + seal_digest(raw).encode() + raw[end:]


def has_seal(raw: bytes) -> bool:
    """Whether the file carries the field that a manifest's seal sits in."""
    return _SEAL.search(raw) is not None


def check_seal(raw: bytes, where: str) -> None:
    """Refuse a file in which any byte changed after it was sealed.

    Raises:
        PolicyFileError: Seal and bytes disagree.
    """
    start, end = _seal_span(raw, where)
    found, expected = raw[start:end].decode(), seal_digest(raw)
    if found != expected:
        raise PolicyFileError(
            f"{where}: the file was changed after its export:"
            f" expected SHA-256 {expected[:12]}…, got {found[:12]}…."
        )


def _seal_span(raw: bytes, where: str = "policy file") -> tuple[int, int]:
    spans = [match.span(1) for match in _SEAL.finditer(raw)]
    if len(spans) != 1:
        raise PolicyFileError(f"{where}: expected one SHA-256 field, found {len(spans)}.")
    return spans[0]
