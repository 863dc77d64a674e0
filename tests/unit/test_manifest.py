# SPDX-License-Identifier: Apache-2.0
"""A manifest survives the way through a file, and a file survives nothing unnoticed."""

import dataclasses
import hashlib
import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_export.errors import ManifestError, PolicyFileError
from policy_export.manifest import (
    UNSEALED,
    ActionSpec,
    Manifest,
    ObservationField,
    Training,
    check_seal,
    has_seal,
    seal_digest,
    sealed,
    thrust_met,
)

MANIFEST = Manifest(
    observation=(ObservationField("position_error", 3, "m", "W"),),
    control_rate_hz=100.0,
    action=ActionSpec("rate_thrust", (0.05, 0.48), (6.0, 6.0, 3.0)),
    airframes=("cf21_plus",),
    tasks=("track",),
    history_length=2,
    hover_thrust_n=0.284,
    training=Training("bc471a2", 7, 1000, {"gamma": 0.98}),
    evaluation={"hover": {"rmse_m": 0.012}},
)

names = st.text(min_size=1, max_size=20).filter(lambda name: name != "sha256")
positive = st.floats(1e-6, 1e6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
tables = st.dictionaries(names, json_values, max_size=4)
manifests = st.builds(
    Manifest,
    observation=st.lists(
        st.builds(ObservationField, names, st.integers(1, 99), names, names), min_size=1, max_size=4
    ).map(tuple),
    control_rate_hz=positive,
    action=st.builds(
        lambda low, more, rates: ActionSpec("rate_thrust", (low, low + more), rates),
        st.floats(0.0, 10.0),
        st.floats(0.1, 10.0),
        st.tuples(positive, positive, positive),
    ),
    airframes=st.lists(names, min_size=1, max_size=3).map(tuple),
    tasks=st.lists(names, min_size=1, max_size=3).map(tuple),
    history_length=st.integers(0, 99),
    hover_thrust_n=positive,
    training=st.builds(Training, names, st.integers(0, 2**53), st.integers(0, 2**53), tables),
    evaluation=tables,
)


@given(manifests)
def test_json_any_manifest_comes_back_equal(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


def file_of(
    manifest: Manifest, before: bytes = b"\x08\x0aweights", after: bytes = b"\x00"
) -> bytes:
    return sealed(before + manifest.to_json().encode() + after)


@given(manifests, st.binary(max_size=40), st.binary(max_size=40))
def test_seal_file_with_any_manifest_holds(manifest: Manifest, before: bytes, after: bytes) -> None:
    raw = file_of(manifest, before, after)
    check_seal(raw, "policy.onnx")
    assert seal_digest(raw).encode() in raw


def test_seal_is_the_hash_of_the_file_with_zeros_in_its_place() -> None:
    raw = file_of(MANIFEST)
    digits = re.search(rb'"sha256": "(\w+)"', raw)
    assert digits is not None
    emptied = raw.replace(digits[1], b"0" * 64)
    assert hashlib.sha256(emptied).hexdigest().encode() == digits[1]


@settings(max_examples=400)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_seal_any_flipped_byte_is_noticed(place: int, flip: int) -> None:
    raw = bytearray(file_of(MANIFEST))
    raw[place % len(raw)] ^= flip
    with pytest.raises(PolicyFileError, match=r"changed after its export|one SHA-256 field"):
        check_seal(bytes(raw), "policy.onnx")


def test_seal_second_seal_in_the_file_is_refused() -> None:
    raw = file_of(MANIFEST)
    with pytest.raises(PolicyFileError, match="expected one SHA-256 field, found 2"):
        check_seal(raw + raw, "policy.onnx")


def test_seal_cannot_be_forged_from_inside_the_settings() -> None:
    quoted = f'"sha256": "{UNSEALED}"'
    training = dataclasses.replace(MANIFEST.training, settings={"note": quoted})
    check_seal(file_of(dataclasses.replace(MANIFEST, training=training)), "policy.onnx")
    with pytest.raises(ManifestError, match="no key 'sha256'"):
        dataclasses.replace(MANIFEST, evaluation={"a": {"sha256": UNSEALED}})


def test_has_seal_file_of_something_else_says_no() -> None:
    assert has_seal(file_of(MANIFEST))
    assert not has_seal(b"sha256")


def test_from_json_many_faults_names_all_of_them() -> None:
    table = json.loads(MANIFEST.to_json())
    table["colour"] = "red"
    del table["airframes"]
    table["control_rate_hz"] = "fast"
    table["action"]["thrust_n"] = [0.5, 0.1]
    table["observation"][0]["size"] = 0
    table["training"]["steps"] = True
    with pytest.raises(ManifestError) as refused:
        Manifest.from_json(json.dumps(table))
    for fault in (
        "unknown field 'colour'",
        "airframes: missing",
        "control_rate_hz: expected a finite number above 0, got 'fast'",
        "action.thrust_n: expected the lower limit first, got [0.5, 0.1]",
        "observation[0].size: expected a whole number from 1",
        "training.steps: expected a whole number from 0",
    ):
        assert fault in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"format": NaN}', "[" * 100_000])
def test_from_json_something_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ManifestError) as refused:
        Manifest.from_json(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {"control_rate_hz": math.nan},
        {"hover_thrust_n": math.inf},
        {"sha256": "A" * 64},
        {"format": 2},
        {"format": True},
        {"evaluation": {"rmse_m": math.nan}},
        {"tasks": ()},
    ],
)
def test_manifest_field_out_of_range_is_refused(change: dict) -> None:  # type: ignore[type-arg]
    with pytest.raises(ManifestError, match=next(iter(change))):
        dataclasses.replace(MANIFEST, **change)


@pytest.mark.parametrize(
    ("ranges", "met"),
    [
        ({}, ("linear",)),
        ({"pwm_firmware": {"range": [0.0, 1.0]}}, ("linear", "pwm")),
        ({"pwm_firmware": {"range": [1.0, 1.0]}}, ("pwm",)),
    ],
)
def test_a_manifest_tells_which_firmware_its_policy_has_met(ranges, met):
    settings = {"environment": {"randomization": ranges}}
    training = dataclasses.replace(MANIFEST.training, settings=settings)
    assert thrust_met(dataclasses.replace(MANIFEST, training=training)) == met
