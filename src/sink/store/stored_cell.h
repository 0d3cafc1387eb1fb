/* SPDX-License-Identifier: Apache-2.0 */
/* Cell: one value of a batch into a statement's parameter, and one of a result back.
 *
 * bool, int32, int64   integer            decimal   text with exactly `scale` digits
 * timestamp            integer, micros    date      text YYYY-MM-DD
 * double               real; NaN 'NaN'    uuid      text, lower case
 * text, json           text               bytes     blob
 *
 * Functions are chosen once per column. Parameters borrow the batch and the scratch until the
 * statement was stepped.
 */
#ifndef TIDE_SINK_STORE_STORED_CELL_H
#define TIDE_SINK_STORE_STORED_CELL_H

#include <sqlite3.h>

#include "record/builder.h"

#define TIDE_STORED_SCRATCH_BYTES 48

/* Binds a cell that is not null; gives SQLite's result code. */
typedef int (*tide_stored_bind)(sqlite3_stmt *statement, int parameter, const tide_column *column,
                                int64_t row, char *scratch);
tide_stored_bind tide_stored_bind_for(tide_type type);

/* Appends result column `index` of the statement's row. bad_data when the stored value is none of
 * the type. */
typedef tide_code (*tide_stored_read)(sqlite3_stmt *statement, int index,
                                      tide_column_builder *column, tide_error *err);
tide_stored_read tide_stored_read_for(tide_type type);

/* Reads [-]YYYY-MM-DD of any year that a date holds. */
bool tide_stored_parse_date(tide_str text, int32_t *day);

#endif
