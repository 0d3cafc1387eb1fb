/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/unit_parts.h"

void tide_unit_parts_init(tide_unit_parts *parts)
{
    *parts = (tide_unit_parts){0};
    tide_reject_list_init(&parts->rejects);
}

void tide_unit_parts_clear(tide_unit_parts *parts)
{
    tide_reject_list_clear(&parts->rejects);
    tide_unit_parts_init(parts);
}

void tide_unit_parts_reset(tide_unit_parts *parts)
{
    tide_reject_list_reset(&parts->rejects);
    parts->open = false;
    parts->row_count = 0;
    parts->result = (tide_load_result){0};
}

int64_t tide_unit_row_count(const tide_unit *unit)
{
    int64_t rows = 0;
    for (size_t i = 0; i < unit->chunk_count; i++) {
        rows += tide_batch_row_count(&unit->chunks[i].batch);
    }
    return rows;
}
