/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor: looks at what a run stands on - the machine, its disks, the connections - before one
 * does. Touches nothing but temporary files, which it removes. */
#ifndef TIDE_RUN_DOCTOR_H
#define TIDE_RUN_DOCTOR_H

#include "flow/findings.h"
#include "run/project.h"

/* Cores, memory, limits, clock; the directory for spilled rows (NULL: the usual). */
void tide_doctor_machine(tide_findings *findings, const char *spill_directory);
/* The i-th connection of the project; of one that is not sound, that it was not looked at. The
 * project need not have been loaded without findings. Waits for what does not answer, 10 s or so.
 */
void tide_doctor_connection(tide_findings *findings, const tide_project *project, size_t i,
                            const tide_cancel *cancel);

/* doctor_disk.c: is there a directory that can be written, how full, how fast does it sync, is it
 * of a kind that keeps promises? */
void tide_doctor_directory(tide_findings *findings, const char *directory, bool holds_output);

#endif
