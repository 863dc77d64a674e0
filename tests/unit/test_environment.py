# SPDX-License-Identifier: Apache-2.0
"""Environment files: what ships, changes on top, and what is refused."""

import pytest

from sim_core import _core
from sim_core.environment import load_environment
from sim_core.errors import SettingsError


def refusal(*changes, name="track"):
    with pytest.raises(SettingsError) as caught:
        load_environment(name, changes)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_the_shipped_environment_is_what_the_documents_say():
    track = load_environment("track")
    assert track.airframe == "cf21_plus"
    assert track.action.body_rate_rad_s == (6.0, 6.0, 3.0)
    assert track.numbers["start.tilt_rad"] == pytest.approx(1.05)  # 60 degrees
    low, high = track.command_limits()
    assert low.tolist() == pytest.approx([0.048, -6.0, -6.0, -3.0])
    assert high.tolist() == pytest.approx([0.48, 6.0, 6.0, 3.0])


def test_settings_reach_the_core():
    changes = ["start.tilt_rad=0.11", "estimate.velocity_m_s=0.22", "reward.heading=0.33",
               "episode.max_steps=44"]  # fmt: skip
    core = load_environment("track", changes).core_settings()
    assert core["start.tilt_rad"] == pytest.approx(0.11)
    assert core.noise.velocity_m_s == pytest.approx(0.22)
    assert core["reward.heading"] == pytest.approx(0.33)
    assert core.max_steps == 44


@pytest.mark.parametrize("task", _core.TASKS)
def test_every_number_of_a_task_reaches_the_core(task):
    environment = load_environment(task)
    core = environment.core_settings()
    names = [name for name, _, _ in _core.TASKS[task]["numbers"]]
    assert sorted(environment.numbers) == sorted(names)
    for name in names:
        assert core[name] == pytest.approx(environment.numbers[name]), name
    with pytest.raises(KeyError, match=f"{task}: no setting is called reward.luck"):
        core["reward.luck"] = 1.0


def bounds(environment, name):
    box, index = environment.parameter_box(), _core.PARAMETER_NAMES.index(name)
    return [float(box.low[index]), float(box.high[index])]


def test_a_kind_of_estimate_is_noise_bias_and_lag():
    mocap = load_environment("track")
    assert mocap.core_settings().noise.position_m == pytest.approx(0.002)
    assert bounds(mocap, "attitude_bias_x_rad") == pytest.approx([-0.01, 0.01])
    assert bounds(mocap, "estimate_lag_s") == [0.0, 0.0]
    alone = load_environment("track", ["estimate.kind='onboard'", "estimate.position_m=0.03"])
    noise = alone.core_settings().noise
    assert noise.position_m == pytest.approx(0.03)  # what is changed goes before the kind
    assert noise.position_z_m == pytest.approx(0.003)
    assert noise.velocity_m_s == pytest.approx(0.055)
    assert noise.velocity_z_m_s == pytest.approx(0.012)
    assert noise.attitude_rad == pytest.approx(0.019)
    assert noise.body_rate_rad_s == pytest.approx(0.05)
    assert bounds(alone, "attitude_bias_y_rad") == pytest.approx([-0.02, 0.02])
    assert bounds(alone, "estimate_lag_s") == pytest.approx([0.021, 0.021])


def test_an_estimate_of_no_kind_is_refused():
    assert "estimate.kind: expected one of mocap, onboard, exact, got 'gps'" in refusal(
        "estimate.kind='gps'"
    )
    assert "estimate_lag_s: expected within 0 to 0.03, got 0.05 to 0.05" in refusal(
        "estimate.lag_s=0.05"
    )


def test_changes_are_typed_as_the_file_is():
    changed = load_environment(
        "track",
        ["episode.max_steps=7", "references.period_s=[4, 5]", "airframe='cf21_plus'",
         "randomization.mass_kg={ range = [0.03, 0.031] }",
         "randomization.thrust_gain.range=[1, 1]"],
    )  # fmt: skip
    assert changed.max_steps == 7
    assert changed.references.period_s == (4.0, 5.0)
    low = changed.parameter_box().low
    assert low[0] == pytest.approx(0.03)
    assert low[7] == 1.0


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ("start.position=1", "--set: expected KEY=VALUE of a known key, got 'start.position=1'"),
        ("start.position_m", "--set: expected KEY=VALUE of a known key, got 'start.position_m'"),
        ("=1", "--set: expected KEY=VALUE of a known key, got '=1'"),
        ("airframe.x.y=1", "--set: expected KEY=VALUE of a known key"),
        ("start.positon_m=1", "got 'start.positon_m=1' (near it: start.position_m,"),
        ("start.position_m=abc", "--set start.position_m=abc: expected a TOML value"),
        ("start.position_m=", "got none."),
        ("start.position_m=1\nepisode = 2", "expected a TOML value"),
        ("start.position_m='far'", "start.position_m: expected a finite number, got 'far'"),
        ("start.position_m=inf", "start.position_m: expected a finite number, got inf"),
        ("episode.max_steps=1.5", "episode.max_steps: expected a whole number, got 1.5"),
        ("episode.max_steps=0", "episode.max_steps: expected 1 to 100000, got 0"),
        ("episode.max_steps=100000000000", "episode.max_steps: expected 1 to 100000, got 1000"),
        ("references.count=0", "references.count: expected 1 to 10000, got 0"),
        ("episode.max_distance_m=0", "episode.max_distance_m: expected 1e-06 to 1e+06, got 0"),
        ("start=5", "start: expected a section, got 5"),
        ("randomization=5", "randomization: expected a section, got 5"),
        ("action.thrust_low=1.0", "action: expected 0 <= thrust_low < thrust_high <= 1, got 1"),
        ("action.thrust_high=1.1", "action: expected 0 <= thrust_low < thrust_high <= 1, got 0.1"),
        ("action.body_rate_rad_s=[6, 0, 3]", "action.body_rate_rad_s: expected more than 0, got 0"),
        (
            "references.hover=0.5",
            "references: expected shares that sum to 1, got (0.5, 0.45,",
        ),
        ("references.period_s=[0, 9]", "references.period_s: expected more than 0, got 0"),
        ("references.period_s=[9, 3]", "references.period_s: expected low to high, got [9.0, 3.0]"),
        ("references.max_acceleration_m_s2=-1", "max_acceleration_m_s2: expected more than 0"),
        ("references.yaw_rad=-1", "references.yaw_rad: expected 0 or more, got -1"),
        ("estimate.position_m=-0.1", "estimate.position_m: expected 0 or more, got -0.1"),
        ("start.tilt_rad=-0.1", "start.tilt_rad: expected 0 to 3.1416, got -0.1"),
        ("reward.precision_width_m=0", "reward.precision_width_m: expected 1e-06 to 1e+06, got 0"),
        ("airframe='cf3'", "airframe: expected one of "),
    ],
)
def test_one_fault_is_one_sentence(change, phrase):
    assert phrase in refusal(change)


def test_all_faults_are_told_at_once_with_the_file():
    message = refusal(
        "episode.max_steps=0",
        "estimate.position_m=-1",
        "references.hover=0.9",
        "randomization.mass_kg={ scale = [-1, 1] }",
        "randomization.link_delay_s={ range = [0, 1] }",
    )
    assert "track.toml: " in message
    for phrase in (
        "episode.max_steps: expected",
        "estimate.position_m: expected",
        "references: expected shares",
        "randomization: mass_kg: expected",
        "randomization: link_delay_s: expected",
    ):
        assert phrase in message


def test_an_unknown_environment_is_answered_with_the_known_ones():
    known = "all, all_plus, race, rings, split_s, swarm, track"
    assert f"environment: expected one of {known} or a .toml file, got 'trick'" in refusal(
        name="trick"
    )


def test_a_stray_byte_is_named_with_its_line_and_column(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"airframe = 'cf21_plus'\n\n[episode]\nmax_\xc3steps = 5\n")
    message = refusal(name=path)
    assert str(path) in message
    assert "got byte 0xc3 (at line 4, column 5)" in message


def test_an_unknown_key_of_a_file_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("task = 'track'\nairframe = 'cf21_plus'\n[episode]\nmax_step = 5\n")
    message = refusal(name=path)
    assert "unknown key 'episode.max_step' (known: max_steps," in message
    assert "missing key 'episode.max_steps'" in message
    assert "missing key 'reward.crash'" in message
    assert "missing key 'estimate'" in message


def test_shares_of_work_that_are_all_none_are_refused():
    none = [f"mix.{kind}=0" for kind in ("path", "race", "more_races", "formation", "both")]
    with pytest.raises(SettingsError, match="mix: expected shares that are not all 0"):
        load_environment("all", none)


def test_ranges_of_formations_that_cannot_be_drawn_are_refused():
    assert "formations.swap_s: expected at least 1 s, got 0.5" in refusal(
        "formations.swap_s=[0.5, 2]", name="swarm"
    )
    backwards = refusal("formations.radius_m=[1, 0.5]", name="swarm")
    assert "formations.radius_m: expected more than 0, low to high, got [1, 0.5]" in backwards


def test_a_file_laid_over_another_changes_what_it_names_alone(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('base = "swarm"\n[world]\ndrones = 16\n')
    mine, swarm = load_environment(path), load_environment("swarm")
    assert mine.numbers == swarm.numbers | {"world.drones": 16.0}
    assert (mine.airframe, mine.randomization) == (swarm.airframe, swarm.randomization)


def test_files_laid_over_each_other_in_a_circle_are_refused(tmp_path):
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text(f'base = "{other}"\n')
    other.write_text(f'base = "{one}"\n')
    with pytest.raises(SettingsError, match="base: expected one that is not built on it"):
        load_environment(one)
