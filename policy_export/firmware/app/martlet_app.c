/* SPDX-License-Identifier: Apache-2.0 */
/* The shell between the firmware and the policy: reads the estimate, the parameters and the dead-man
 * packets every martlet_period_ms, and streams what the policy commands, or lets go. The stock
 * controller and the commander's own watchdog stay behind it all the time. */
#include <stdbool.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "app.h"
#include "app_channel.h"
#include "commander.h"
#include "crtp_commander_high_level.h"
#include "log.h"
#include "martlet.h"
#include "param.h"
#include "stream.h"
#include "task.h"

#define DEBUG_MODULE "MARTLET"
#include "debug.h"

#define DEGREES 57.2957795f
#define STATES 13

static martlet_unit unit;
static martlet_input input;
static martlet_output output;
static uint8_t engage, task, status, reason;
static volatile bool released; /* `engage` was set to 0 since the last step, whatever it is by now */
static uint32_t crc;
static logVarId_t variables[STATES];

/* The estimate as the log has it: SI, W and q as here; the gyro in degrees/s about x y z of FLU. */
static const char* const names[STATES][2] = {{"stateEstimate", "x"},
                                             {"stateEstimate", "y"},
                                             {"stateEstimate", "z"},
                                             {"stateEstimate", "qx"},
                                             {"stateEstimate", "qy"},
                                             {"stateEstimate", "qz"},
                                             {"stateEstimate", "qw"},
                                             {"stateEstimate", "vx"},
                                             {"stateEstimate", "vy"},
                                             {"stateEstimate", "vz"},
                                             {"gyro", "x"},
                                             {"gyro", "y"},
                                             {"gyro", "z"}};

static void engage_written(void) {
  if (engage == 0) released = true;
}

static void read_input(void) {
  uint8_t packet[APPCHANNEL_MTU];
  for (int i = 0; i < STATES; ++i) input.state[i] = logGetFloat(variables[i]);
  for (int i = 10; i < STATES; ++i) input.state[i] /= DEGREES;
  input.now_ms = T2M(xTaskGetTickCount());
  while (appchannelReceiveDataPacket(packet, sizeof packet, 0) > 0) {
    input.heard = true;
    input.heard_ms = input.now_ms;
  }
  input.engage = engage != 0 && !released && martlet_streams();
  released = false;
  input.task = task;
}

/* The high-level commander begins where the drone is, with its velocity. Who lets go by the parameter
 * says what is next; what the policy gives back by itself comes to rest. */
static void let_go(void) {
  commanderRelaxPriority();
  if (!output.returned) return;
  crtpCommanderHighLevelGoTo(output.rest[0], output.rest[1], output.rest[2], output.rest[3],
                             output.rest_s, false);
}

void appMain(void) {
  for (int i = 0; i < STATES; ++i) variables[i] = logGetVarId(names[i][0], names[i][1]);
  crc = martlet_crc();
  martlet_boot(&unit);
  TickType_t last = xTaskGetTickCount();
  while (true) {
    vTaskDelayUntil(&last, M2T(martlet_period_ms()));
    read_input();
    martlet_step(&unit, &input, &output);
    if (output.status == MARTLET_FLYING) martlet_stream(output.command);
    if (status == MARTLET_FLYING && output.status != MARTLET_FLYING) let_go();
    if (output.status != status || output.reason != reason) {
      DEBUG_PRINT("status %d, reason %d\n", output.status, output.reason);
    }
    status = output.status;
    reason = output.reason;
  }
}

PARAM_GROUP_START(martlet)
PARAM_ADD_WITH_CALLBACK(PARAM_UINT8, engage, &engage, &engage_written)
PARAM_ADD(PARAM_UINT8, task, &task)
PARAM_ADD(PARAM_UINT32 | PARAM_RONLY, crc, &crc)
PARAM_GROUP_STOP(martlet)

LOG_GROUP_START(martlet)
LOG_ADD(LOG_UINT8, status, &status)
LOG_ADD(LOG_UINT8, reason, &reason)
LOG_GROUP_STOP(martlet)
