/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/store/row_writer.h"

#include "base/memory.h"

tide_code tide_row_writer_init(tide_row_writer *writer, tide_db *db, const tide_schema *schema,
                               tide_text *sql, tide_error *err)
{
    memset(writer, 0, sizeof *writer);
    writer->column_count = schema->field_count;
    tide_code code = tide_db_prepare_text(db, sql, &writer->statement, err);
    if (code == TIDE_OK) {
        writer->binds = tide_alloc_zero(schema->field_count, sizeof *writer->binds);
        writer->scratch = tide_alloc_zero(schema->field_count, sizeof *writer->scratch);
        if (writer->binds == NULL || writer->scratch == NULL) {
            code = TIDE_FAIL_MEMORY(err, "a row writer");
        }
    }
    if (code != TIDE_OK) {
        tide_row_writer_clear(writer);
        return code;
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        writer->binds[i] = tide_stored_bind_for(schema->fields[i].type);
    }
    return TIDE_OK;
}

void tide_row_writer_clear(tide_row_writer *writer)
{
    (void)sqlite3_finalize(writer->statement);
    tide_free(writer->binds);
    tide_free(writer->scratch);
    memset(writer, 0, sizeof *writer);
}

int tide_row_writer_write(tide_row_writer *writer, const tide_column *columns, int64_t row)
{
    int failed = SQLITE_OK;
    for (size_t i = 0; i < writer->column_count; i++) {
        int result = tide_column_is_null(&columns[i], row)
                         ? sqlite3_bind_null(writer->statement, (int)i + 1)
                         : writer->binds[i](writer->statement, (int)i + 1, &columns[i], row,
                                            writer->scratch[i]);
        if (result != SQLITE_OK) {
            failed = result;
        }
    }
    if (failed != SQLITE_OK) { /* too big a value, or no memory */
        return failed;
    }
    int result = sqlite3_step(writer->statement);
    (void)sqlite3_reset(writer->statement);
    return result;
}

tide_code tide_row_writer_write_batch(tide_row_writer *writer, tide_db *db, const tide_batch *batch,
                                      const char *doing, tide_error *err)
{
    int64_t row_count = tide_batch_row_count(batch);
    tide_column *columns = tide_alloc(writer->column_count * sizeof *columns);
    if (columns == NULL) {
        return TIDE_FAIL_MEMORY(err, doing);
    }
    int result = SQLITE_DONE;
    if (row_count > 0) {
        tide_batch_columns(batch, columns);
    }
    for (int64_t row = 0; row < row_count && result == SQLITE_DONE; row++) {
        result = tide_row_writer_write(writer, columns, row);
    }
    tide_free(columns);
    return result == SQLITE_DONE ? TIDE_OK : tide_db_fail(db, result, doing, err);
}
