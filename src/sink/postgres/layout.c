/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/memory.h"
#include "sink/postgres/writer.h"

typedef struct natural {
    Oid type;
    const char *name;
} natural;

static const natural naturals[] = {
    [TIDE_BOOL] = {16, "boolean"},
    [TIDE_INT32] = {23, "integer"},
    [TIDE_INT64] = {20, "bigint"},
    [TIDE_DOUBLE] = {701, "double precision"},
    [TIDE_DECIMAL] = {1700, NULL},
    [TIDE_TEXT] = {25, "text"},
    [TIDE_BYTES] = {17, "bytea"},
    [TIDE_DATE] = {1082, "date"},
    [TIDE_TIMESTAMP] = {1184, "timestamptz"},
    [TIDE_UUID] = {2950, "uuid"},
    [TIDE_JSON] = {3802, "jsonb"},
};

const char *tide_pg_type_name(tide_type type, bool exact_json, char *out)
{
    if (type.id == TIDE_DECIMAL) {
        (void)snprintf(out, 24, "numeric(%d,%d)", type.precision, type.scale);
    } else {
        bool exact = type.id == TIDE_JSON && exact_json;
        (void)snprintf(out, 24, "%s", exact ? "json" : naturals[type.id].name);
    }
    return out;
}

tide_pg_server_type tide_pg_natural_type(tide_type type, bool exact_json, char *out)
{
    bool exact = type.id == TIDE_JSON && exact_json;
    return (tide_pg_server_type){
        .type = exact ? 114 : naturals[type.id].type,
        .modifier = -1,
        .printed = tide_pg_type_name(type, exact_json, out),
    };
}

tide_code tide_pg_layout_init(tide_pg_layout *layout, size_t count, tide_error *err)
{
    *layout = (tide_pg_layout){.count = count};
    layout->writers = tide_alloc_zero(count, sizeof *layout->writers);
    return layout->writers == NULL ? TIDE_FAIL_MEMORY(err, "writers of columns") : TIDE_OK;
}

void tide_pg_layout_seal(tide_pg_layout *layout)
{
    layout->row_bytes_max = 2;
    for (size_t i = 0; i < layout->count; i++) {
        layout->row_bytes_max += layout->writers[i].bytes_max;
        layout->has_fits |= layout->writers[i].fit != NULL || layout->writers[i].not_null;
    }
}

tide_code tide_pg_layout_natural(tide_pg_layout *layout, const tide_schema *schema, bool exact_json,
                                 tide_error *err)
{
    TIDE_TRY(tide_pg_layout_init(layout, schema->field_count, err));
    for (size_t i = 0; i < schema->field_count; i++) {
        char name[24];
        const char *advice;
        tide_pg_server_type type = tide_pg_natural_type(schema->fields[i].type, exact_json, name);
        if (!tide_pg_writer_choose(schema->fields[i].type, &type, false, &layout->writers[i],
                                   &advice)) {
            tide_pg_layout_clear(layout);
            return TIDE_FAIL(err, TIDE_BAD_CONFIG, "column `%s` has a type without a counterpart",
                             schema->fields[i].name);
        }
    }
    tide_pg_layout_seal(layout);
    return TIDE_OK;
}

void tide_pg_layout_clear(tide_pg_layout *layout)
{
    tide_free(layout->writers);
    *layout = (tide_pg_layout){0};
}
