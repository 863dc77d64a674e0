# SPDX-License-Identifier: Apache-2.0
"""Opening a policy file: every way in which it can be unfit has a sentence of its own."""

from pathlib import Path

import onnxruntime

from policy_export.errors import ManifestError, PolicyFileError
from policy_export.manifest import METADATA_KEY, ActionSpec, Manifest, check_seal, has_seal
from sim_core import _core
from sim_core.action_kinds import MOTORS, RATE_THRUST, tasks_of
from sim_core.tasks import CONTROL_DT

Layout = list[tuple[str, int, str, str]]


def open_policy(path: Path) -> tuple[onnxruntime.InferenceSession, Manifest]:
    """Read a policy file, its seal first, then its network, then its manifest.

    Raises:
        PolicyFileError: No such file, not ONNX, no manifest, changed after its export, or a network
            that is not what the manifest says.
        ManifestError: A manifest with faults.
    """
    raw = _bytes(path)
    if not has_seal(raw):
        _session(raw, path)  # no ONNX file at all has a sentence of its own
        raise PolicyFileError(f"{path}: an ONNX file without a manifest of ours: not a policy.")
    check_seal(raw, str(path))
    session = _session(raw, path)
    metadata = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY not in metadata:
        raise PolicyFileError(f"{path}: an ONNX file without a manifest of ours: not a policy.")
    try:
        manifest = Manifest.from_json(metadata[METADATA_KEY])
    except ManifestError as error:
        raise ManifestError(f"{path}: {error}") from None
    _check_network(session, manifest, path)
    return session, manifest


def check_use(manifest: Manifest, airframe: str | None, where: str) -> None:
    """Refuse a policy for another airframe, another control rate, or another observation.

    Raises:
        PolicyFileError: With what was expected and found.
    """
    about = core_task(manifest, where)
    rate = 1.0 / about["control_step_s"]
    if abs(manifest.control_rate_hz - rate) > 1e-6 * rate:
        raise PolicyFileError(
            f"{where}: expected a policy for {rate:g} Hz, got one for"
            f" {manifest.control_rate_hz:g} Hz."
        )
    if airframe is not None and airframe not in manifest.airframes:
        raise PolicyFileError(
            f"{where}: expected a policy for airframe {airframe}, got one for"
            f" {', '.join(manifest.airframes)}."
        )
    found: Layout = [(f.name, f.size, f.unit, f.frame) for f in manifest.observation]
    expected = observation_layout(about)
    if found != expected:
        first = next(
            (pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]),
            (f"{len(expected)} entries", f"{len(found)}"),
        )
        raise PolicyFileError(
            f"{where}: trained on another observation than this version computes:"
            f" expected {first[0]}, got {first[1]}."
        )


def over_radio(manifest: Manifest, where: str) -> ActionSpec:
    """What a policy commands over the radio.

    Raises:
        PolicyFileError: Motors, which are commanded from the drone itself.
    """
    if isinstance(manifest.action, ActionSpec):
        return manifest.action
    raise PolicyFileError(
        f"{where}: expected a policy of thrust and body rates, which a radio carries at"
        f" {1.0 / CONTROL_DT:g} Hz, got one of motors, which flies on board at"
        f" {manifest.control_rate_hz:g} Hz."
    )


def core_task(manifest: Manifest, where: str) -> "_core.TaskDescription":
    """What the core says of the task that a policy was trained in.

    Raises:
        PolicyFileError: None of the tasks that it flies is compiled in.
    """
    known = tasks_of(MOTORS if manifest.action.kind == MOTORS else RATE_THRUST)
    for name in manifest.tasks:
        if name in known:
            return known[name]
    raise PolicyFileError(
        f"{where}: expected a policy for one of {', '.join(known)},"
        f" got one for {', '.join(manifest.tasks)}."
    )


def observation_layout(about: "_core.TaskDescription") -> Layout:
    """The observation that the core computes: name, size, unit and frame of each entry."""
    return [
        (field["name"], field["size"], field["unit"], field["frame"])
        for field in about["observation"]
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PolicyFileError(f"{path}: cannot be read: {error.strerror}.") from None


def _session(raw: bytes, path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a 64-64 network: a second thread costs more than it does
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is said below, once
    try:
        return onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base class but this
        raise PolicyFileError(
            f"{path}: not an ONNX file that onnxruntime can read ({len(raw)} bytes)."
        ) from error


def _check_network(session: onnxruntime.InferenceSession, manifest: Manifest, path: Path) -> None:
    """One input and one output, of the manifest's size, whatever the batch."""
    found = [(p.name, p.type, p.shape[1:]) for p in (*session.get_inputs(), *session.get_outputs())]
    expected = [
        ("observation", "tensor(float)", [manifest.observation_size]),
        ("command", "tensor(float)", [4]),
    ]
    if found != expected:
        raise PolicyFileError(f"{path}: expected a network {expected}, got {found}.")
