/* SPDX-License-Identifier: Apache-2.0 */
/* Position: where a row of the source came from, as rejects name it: "INDEX/ID" or "PATH:OFFSET".
 */
#ifndef TIDE_PROCESS_POSITION_H
#define TIDE_PROCESS_POSITION_H

#include "process/plan.h"

void tide_position_print(const tide_process_plan *plan, const tide_column *columns, int64_t row,
                         tide_text *out);

#endif
