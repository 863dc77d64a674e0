/* SPDX-License-Identifier: Apache-2.0 */
/* Body rates and thrust, to the firmware's commander as the radio would: its rate loop does the rest. */
#include "stream.h"

#include <string.h>

#include "commander.h"
#include "martlet.h"
#include "stabilizer_types.h"

#define DEGREES 57.2957795f

bool martlet_streams(void) { return true; }

/* Pitch is inverted in every set-point of this firmware, yaw is not in this one. */
void martlet_stream(const float command[4]) {
  static setpoint_t setpoint;
  memset(&setpoint, 0, sizeof setpoint);
  setpoint.mode.roll = setpoint.mode.pitch = setpoint.mode.yaw = modeVelocity;
  setpoint.thrust = martlet_thrust_counts(command[0]);
  setpoint.attitudeRate.roll = command[1] * DEGREES;
  setpoint.attitudeRate.pitch = -command[2] * DEGREES;
  setpoint.attitudeRate.yaw = command[3] * DEGREES;
  commanderSetSetpoint(&setpoint, COMMANDER_PRIORITY_EXTRX);
}
