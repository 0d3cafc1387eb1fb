/* SPDX-License-Identifier: Apache-2.0 */
/* A column that is still being built, as a readable view: for small tables that are looked up while
 * they grow. Borrowed until the builder's next append, reset or clear. */
#ifndef TIDE_PROCESS_BUILDER_COLUMN_H
#define TIDE_PROCESS_BUILDER_COLUMN_H

#include "record/builder.h"

static inline tide_column tide_builder_column(const tide_builder *builder, size_t index)
{
    const tide_column_builder *column = &builder->columns[index];
    return (tide_column){
        .validity = column->null_count > 0 ? column->validity : NULL,
        .data = column->data,
        .offsets = column->offsets,
        .row_count = column->row_count,
        .type = column->type,
    };
}

#endif
