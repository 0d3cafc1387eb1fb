/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/step.h"

#include "base/memory.h"

void tide_step_clear(tide_step *step)
{
    if (step->definition != NULL && step->vtable != NULL && step->vtable->destroy != NULL) {
        step->vtable->destroy(step->definition);
    }
    tide_free(step->label);
    tide_schema_clear(&step->output_schema);
    tide_schema_clear(&step->state_schema);
    tide_text_clear(&step->fingerprint);
    *step = (tide_step){0};
}
