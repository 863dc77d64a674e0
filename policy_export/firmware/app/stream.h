/* SPDX-License-Identifier: Apache-2.0 */
/* How what the policy commands reaches the firmware. */
#ifndef MARTLET_STREAM_H
#define MARTLET_STREAM_H

#include <stdbool.h>

/* A command of a policy that flies, every martlet_period_ms. */
void martlet_stream(const float command[4]);

/* Whether what is streamed would be flown. */
bool martlet_streams(void);

#endif
