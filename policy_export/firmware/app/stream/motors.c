/* SPDX-License-Identifier: Apache-2.0 */
/* The four motors, as the firmware's out-of-tree controller. With each command a set-point that holds
 * the drone's place in the commander is streamed: level rates and the thrust of a hover. While it is the
 * one that counts and the command is fresh, the motors are the policy's; else the stock controller flies
 * whatever set-point there is: the supervisor's, the high-level commander's, the radio's. */
#include "stream.h"

#include <stdint.h>
#include <string.h>

#include "FreeRTOS.h"
#include "commander.h"
#include "controller.h"
#include "controller_pid.h"
#include "martlet.h"
#include "stabilizer_types.h"
#include "task.h"

#define FRESH_MS 10 /* five commands  # guess */

/* The app writes one while the stabilizer, which interrupts it, reads the other. */
static float shares[2][STABILIZER_NR_OF_MOTORS];
static volatile uint8_t newest;
static volatile uint32_t written_tick;
static control_t stock;
static bool flew;

bool martlet_streams(void) { return controllerGetType() == ControllerTypeOot; }

void martlet_stream(const float command[4]) {
  static setpoint_t setpoint;
  const uint8_t spare = newest ^ 1;
  memcpy(shares[spare], command, sizeof shares[spare]);
  written_tick = xTaskGetTickCount();
  newest = spare;
  memset(&setpoint, 0, sizeof setpoint);
  setpoint.mode.roll = setpoint.mode.pitch = setpoint.mode.yaw = modeVelocity;
  setpoint.thrust = martlet_hover_counts();
  commanderSetSetpoint(&setpoint, COMMANDER_PRIORITY_EXTRX);
}

/* Nobody else's set-point looks like this one: the supervisor levels the drone by angles, or takes the
 * thrust away. */
static bool counts(const setpoint_t* setpoint) {
  return setpoint->mode.x == modeDisable && setpoint->mode.z == modeDisable &&
         setpoint->mode.roll == modeVelocity && setpoint->mode.pitch == modeVelocity &&
         setpoint->mode.yaw == modeVelocity && setpoint->thrust == (float)martlet_hover_counts() &&
         xTaskGetTickCount() - written_tick <= M2T(FRESH_MS);
}

void controllerOutOfTreeInit(void) { controllerPidInit(); }
bool controllerOutOfTreeTest(void) { return controllerPidTest(); }

/* The stock controller has memory of its own of what it commanded, which is forgotten at a hand-over; it
 * resets its integrals by itself where the set-point's modes change, as they do there. */
void controllerOutOfTree(control_t* control, const setpoint_t* setpoint, const sensorData_t* sensors,
                         const state_t* state, const stabilizerStep_t step) {
  const bool flies = counts(setpoint);
  if (flies) {
    control->controlMode = controlModeForce;
    memcpy(control->normalizedForces, shares[newest], sizeof shares[0]);
  } else {
    if (flew) memset(&stock, 0, sizeof stock);
    controllerPid(&stock, setpoint, sensors, state, step);
    *control = stock;
  }
  flew = flies;
}
