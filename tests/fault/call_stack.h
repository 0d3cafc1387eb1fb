/* SPDX-License-Identifier: Apache-2.0 */
/* Whence a call came, looked at from within functions that stand before malloc and the like. */
#ifndef TIDE_TESTS_FAULT_CALL_STACK_H
#define TIDE_TESTS_FAULT_CALL_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* Once, before the others: the first look allocates. */
void tide_stack_prepare(void);

/* While this thread looks at a stack it may allocate: such calls are nobody's. */
bool tide_stack_is_looked_at(void);

/* Alike for calls from the same place along the same way, also in another process. `caller`: where
 * the function that stands before another returns to. */
uint64_t tide_stack_hash(void *caller);

/* To stderr, a line for each frame. */
void tide_stack_print(void *caller);

#endif
