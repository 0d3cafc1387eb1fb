/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "cli/command.h"

const tide_command *const tide_commands[] = {
    &tide_command_init,
    &tide_command_check,
    &tide_command_plan,
    &tide_command_run,
    &tide_command_runs,
    &tide_command_show,
    &tide_command_rejects,
    &tide_command_state,
    &tide_command_sample,
    &tide_command_doctor,
    &tide_command_explain,
    &tide_command_completion,
    NULL,
};
