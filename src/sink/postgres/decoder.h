/* SPDX-License-Identifier: Apache-2.0 */
/* Decoder: cells in the server's binary format into a builder, one function per column, chosen
 * once. For tables that we created ourselves: their types are the natural ones. */
#ifndef TIDE_SINK_POSTGRES_DECODER_H
#define TIDE_SINK_POSTGRES_DECODER_H

#include <libpq-fe.h>

#include "record/builder.h"

/* Appends all rows of a binary result, whose columns are the builder's. bad_data for a cell that is
 * not what its type promises. */
TIDE_MUST_CHECK tide_code tide_pg_decode_rows(const PGresult *result, tide_builder *builder,
                                              tide_error *err);

#endif
