/* SPDX-License-Identifier: Apache-2.0 */
/* Fault points: named places where tests kill the process or fail the operation.
 *
 * Compiled to nothing unless built with -Dfault_points=true. Then the environment decides:
 *   TIDEMILL_FAULT=name:N        SIGKILL at the Nth passing (1 = first) of that point
 *   TIDEMILL_FAULT=*:N           SIGKILL at the Nth passing of any point
 *   TIDEMILL_FAULT=name:N:error  the point reports failure instead (TIDE_FAULT_FAILS is true)
 *   TIDEMILL_FAULT=name:N:stop   SIGSTOP there, so that something can be done before it goes on
 *   TIDEMILL_FAULT_LOG=FILE      each passing appends "name\n" (O_APPEND), so that a test can count
 *                                the points of an undisturbed run and enumerate them
 * Before a kill, "killed name N" is appended to TIDEMILL_FAULT_LOG too.
 * Names: "<room>.<thing>.<moment>", e.g. "spill.write.after", "postgres.commit.sent".
 */
#ifndef TIDE_BASE_FAULT_H
#define TIDE_BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef TIDE_FAULT_POINTS
bool tide_fault_pass(const char *name);
#define TIDE_FAULT_POINT(name) ((void)tide_fault_pass(name))
#define TIDE_FAULT_FAILS(name) tide_fault_pass(name)
/* A bound that tests make smaller than users can: the environment's number, or `otherwise`. */
int64_t tide_fault_number(const char *name, int64_t otherwise);
#define TIDE_FAULT_NUMBER(name, otherwise) tide_fault_number(name, otherwise)
#else
#define TIDE_FAULT_POINT(name) ((void)0)
#define TIDE_FAULT_FAILS(name) false
#define TIDE_FAULT_NUMBER(name, otherwise) (otherwise)
#endif

#endif
