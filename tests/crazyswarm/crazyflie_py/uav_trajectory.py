# SPDX-License-Identifier: Apache-2.0
"""Trajectories as Crazyswarm2's scripts load them: a piece a line, eight coefficients an axis."""

import numpy as np


class Piece:
    def __init__(self, line):
        self.duration = float(line[0])
        axes = ("x", "y", "z", "yaw")
        self.rows = {axis: line[1 + 8 * n : 9 + 8 * n] for n, axis in enumerate(axes)}


class Trajectory:
    def loadcsv(self, filename):
        lines = np.loadtxt(filename, delimiter=",", skiprows=1, usecols=range(33), ndmin=2)
        self.polynomials = [Piece(line) for line in lines]
        self.duration = float(lines[:, 0].sum())
