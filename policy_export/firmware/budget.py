# SPDX-License-Identifier: Apache-2.0
"""What a policy asks of the chip, estimated before anything is written, and what there is.

benchmarks/onboard.py measures the same on compiled code.
"""

from dataclasses import dataclass

from policy_export.errors import FirmwareError
from policy_export.firmware.network import Network

CLOCK_HZ = 168e6
"""STM32F405 of a Crazyflie 2.x (datasheet)."""

FLASH_BYTES = 384 * 1024
"""For an app, of 1 MiB less 16 KiB of boot loader: a build of the firmware with all its decks takes
some 400 KiB.  # guess: what is left then, with a third to spare"""

STEP_MS = 1.0
"""Longest step: a tenth of a policy's period, half of that of one that commands motors, in an app
that the control loop interrupts."""

CYCLES_PER_INSTRUCTION = 1.6
"""Assumed. Cortex-M4 TRM: products, sums and most else take 1 cycle, loads of floats 2, divisions
14; the rest is for flash behind its cache.  # guess: between the TRM's 1.3 for such a mix, and 2"""

INSTRUCTIONS_PER_PRODUCT = {"float32": 4.3, "int8": 6.4}
"""Of a network: a product with its loads, its sum and its share of loop and tanh. Source:
benchmarks/onboard.py counts them."""

INSTRUCTIONS_BESIDE = 6e3
"""Observation and guard. Source: benchmarks/onboard.py counts 3 to 6 thousand."""

WIDEST = 256
"""Layer and observation: kWidestLayer of cpp/network.hpp."""


@dataclass(frozen=True)
class Budget:
    """Estimates.

    Attributes:
        flash_bytes: Weights and tables.
        step_ms: Of one step at 168 MHz.
    """

    flash_bytes: int
    step_ms: float


def budget(network: Network, table_bytes: int) -> Budget:
    """What a network with its tables asks for.

    Args:
        network: As it will be written.
        table_bytes: Of paths and courses.
    """
    weights = sum(layer.weights.nbytes + 8 * layer.outputs for layer in network.layers)
    products = sum(layer.weights.size for layer in network.layers)
    each = INSTRUCTIONS_PER_PRODUCT[network.layers[0].weights.dtype.name]
    return Budget(weights + table_bytes, step_ms(each * products + INSTRUCTIONS_BESIDE))


def step_ms(instructions: float) -> float:
    """What so many instructions take at 168 MHz, at the cycles that are assumed for each."""
    return 1e3 * instructions * CYCLES_PER_INSTRUCTION / CLOCK_HZ


def check_budget(network: Network, table_bytes: int, where: str) -> Budget:
    """Refuse what is too large for the chip.

    Raises:
        FirmwareError: In width, flash or time.
    """
    found = budget(network, table_bytes)
    widest = max(max(layer.inputs, layer.outputs) for layer in network.layers)
    if widest > WIDEST:
        fault = f"layers of at most {WIDEST}, got one of {widest}"
    elif found.flash_bytes > FLASH_BYTES:
        fault = (
            f"weights and tables of at most {FLASH_BYTES // 1024} KiB,"
            f" got {found.flash_bytes // 1024} KiB"
        )
    elif found.step_ms > STEP_MS:
        fault = f"a step of at most {STEP_MS:g} ms at 168 MHz, got about {found.step_ms:.1f} ms"
    else:
        return found
    raise FirmwareError(f"{where}: too large for the chip: expected {fault}.")
