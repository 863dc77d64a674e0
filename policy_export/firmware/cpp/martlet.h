/* SPDX-License-Identifier: Apache-2.0 */
/* A policy on board, as an app of the firmware sees it. Nothing here allocates, waits or knows the
 * firmware; times are passed in. W is the world (ENU), B the body (FLU). */
#ifndef MARTLET_H
#define MARTLET_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum martlet_status {
  MARTLET_IDLE = 0,   /* the stock controller flies; engage = 0 */
  MARTLET_FLYING = 1, /* the policy commands */
  MARTLET_BACK = 2,   /* it gave the drone back by itself, or would not begin; until engage = 0 */
  MARTLET_REFUSED = 3 /* it did not pass its check at boot, and never commands */
};

enum martlet_reason {
  MARTLET_NONE = 0,
  MARTLET_CHECKSUM = 1,  /* at boot: weights or tables are not those that were exported */
  MARTLET_SELF_TEST = 2, /* at boot: this machine computes another command */
  MARTLET_DEAD_MAN = 3,  /* nothing heard from the laptop for too long */
  MARTLET_ESTIMATE = 4,  /* the state is not finite, or has not moved for too long */
  MARTLET_FENCE = 5,
  MARTLET_TILT = 6,
  MARTLET_SPEED = 7,
  MARTLET_TASK = 8,   /* no such task on board */
  MARTLET_START = 9,  /* too far from where the task begins */
  MARTLET_OUTPUT = 10 /* the policy's own output is not finite */
};

/* One drone's policy and guard: memory that its owner keeps. */
typedef struct {
  uint64_t words[192];
} martlet_unit;

typedef struct {
  float state[13]; /* p_WB m, q_WB x y z w, v_WB m/s in W, w_WB_B rad/s in B */
  uint32_t now_ms;
  uint32_t heard_ms; /* when the last dead-man packet came */
  bool heard;        /* whether one ever came */
  bool engage;       /* the parameter */
  uint8_t task;      /* the other parameter */
} martlet_input;

typedef struct {
  float command[4]; /* counts where `status` is flying: collective thrust N and body rates rad/s, or of
                       a policy that commands motors M1 to M4 as shares of full scale */
  float rest[4];    /* x y z m, yaw rad: where to come to rest ... */
  float rest_s;     /* ... and how long that takes; count where `returned` is true */
  uint8_t status;   /* enum martlet_status */
  uint8_t reason;   /* enum martlet_reason */
  bool returned;    /* whether the policy let go by itself, in this very step */
} martlet_output;

/* Checks weights, tables and arithmetic; to be called once, before all else. */
void martlet_boot(martlet_unit* unit);

/* One step, martlet_period_ms after the one before: 10 for rates and thrust, 2 for motors. */
uint32_t martlet_period_ms(void);
void martlet_step(martlet_unit* unit, const martlet_input* input, martlet_output* output);

/* How many tasks are on board, and their names. */
int martlet_task_count(void);
const char* martlet_task_name(int task);

/* CRC-32 over weights and tables: which policy this is, with which tasks. */
uint32_t martlet_crc(void);

/* 16 bits of thrust as this firmware takes them, of a collective thrust in newtons. */
uint16_t martlet_thrust_counts(float thrust_n);
uint16_t martlet_hover_counts(void);

/* The parts of a step, for tests: the observation (martlet_observation_size numbers) and the network. */
int martlet_observation_size(void);
void martlet_infer(const float* observation, float output[4]);
void martlet_begin(martlet_unit* unit, int task);
void martlet_observe(martlet_unit* unit, const float state[13], int row, float* observation);
void martlet_decode(martlet_unit* unit, const float output[4], float command[4]);
int martlet_check(void); /* enum martlet_reason: none, checksum or self test */

#ifdef __cplusplus
}
#endif

#endif
