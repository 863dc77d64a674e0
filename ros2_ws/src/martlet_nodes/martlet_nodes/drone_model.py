# SPDX-License-Identifier: Apache-2.0
"""A drone's shape and mass as URDF, for rviz and whoever else asks for `robot_description`."""

import math

from sim_core.airframe import Airframe

BODY_M = (0.029, 0.029, 0.02)  # guess: the stack of board and battery
ROD_M = 0.004  # guess
DISC_M = 0.004
_COLOURS = {"front": "1.0 0.35 0.1 0.9", "back": "0.3 0.3 0.35 0.9"}


def urdf(name: str, airframe: Airframe) -> str:
    """The model of one drone; its one link is called as the frame in TF and odometry.

    Args:
        name: Of the drone.
        airframe: What it is.
    """
    body, rotors = airframe.body, airframe.rotors
    xx, yy, zz = body.inertia_kg_m2
    x, y, z = body.center_of_mass_m
    height = BODY_M[2] / 2.0
    d, radius = body.arm_component_m, rotors.radius_m or body.arm_length_m / 2.0
    visuals = [
        _visual(f'<box size="{BODY_M[0]} {BODY_M[1]} {BODY_M[2]}"/>', "0 0 0", "0 0 0", "back")
    ]
    for angle in (math.pi / 4.0, -math.pi / 4.0):
        rod = f'<box size="{2.0 * body.arm_length_m:.4f} {ROD_M} {ROD_M}"/>'
        visuals.append(_visual(rod, "0 0 0", f"0 0 {angle:.4f}", "back"))
    for sign_x, sign_y in ((1, -1), (-1, -1), (-1, 1), (1, 1)):  # M1 to M4
        disc = f'<cylinder radius="{radius:.4f}" length="{DISC_M}"/>'
        place = f"{sign_x * d:.4f} {sign_y * d:.4f} {height:.4f}"
        visuals.append(_visual(disc, place, "0 0 0", "front" if sign_x > 0 else "back"))
    return (
        f'<?xml version="1.0"?>\n<robot name="{name}">\n <link name="{name}">\n'
        f'  <inertial><origin xyz="{x:g} {y:g} {z:g}"/><mass value="{body.mass_kg:g}"/>'
        f'<inertia ixx="{xx:g}" ixy="0" ixz="0" iyy="{yy:g}" iyz="0" izz="{zz:g}"/></inertial>\n'
        + "".join(visuals)
        + " </link>\n</robot>\n"
    )


def _visual(shape: str, xyz: str, rpy: str, colour: str) -> str:
    return (
        f'  <visual><origin xyz="{xyz}" rpy="{rpy}"/><geometry>{shape}</geometry>'
        f'<material name="{colour}"><color rgba="{_COLOURS[colour]}"/></material></visual>\n'
    )
