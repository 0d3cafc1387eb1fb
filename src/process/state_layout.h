/* SPDX-License-Identifier: Apache-2.0 */
/* State layout: the columns of a pipeline's state table, from its series and its steps
 * (flow/state.h says what they are). */
#ifndef TIDE_PROCESS_STATE_LAYOUT_H
#define TIDE_PROCESS_STATE_LAYOUT_H

#include "flow/state.h"
#include "flow/step.h"

typedef struct tide_state_layout_options {
    const tide_schema *source; /* that series_columns index */
    const uint32_t *series_columns;
    size_t series_count;
    const tide_step *steps; /* column c of step i (from 0) is s<i+1>_<name of c> */
    size_t step_count;
} tide_state_layout_options;

/* bad_config when a name is longer than 63 bytes or is there twice. Cleared in either case. */
TIDE_MUST_CHECK tide_code tide_state_layout_build(tide_state_layout *layout,
                                                  const tide_state_layout_options *options,
                                                  tide_error *err);
void tide_state_layout_clear(tide_state_layout *layout);

#endif
