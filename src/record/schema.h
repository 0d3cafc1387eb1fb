/* SPDX-License-Identifier: Apache-2.0 */
/* Schema: the names and types of the columns of a batch, fixed when the plan is made.
 *
 * Type        Arrow layout (C Data Interface format)           width of a value in bytes
 * bool        boolean "b"                                      1 bit
 * int32       "i"                                              4
 * int64       "l"                                              8
 * double      "g"                                              8
 * decimal     decimal128 "d:P,S"                               16
 * text        utf8 "u"                                         variable, int32 offsets
 * bytes       binary "z"                                       variable, int32 offsets
 * date        date32 "tdD", days since 1970-01-01              4
 * timestamp   "tsu:UTC", microseconds since 1970-01-01Z        8
 * uuid        fixed-size binary "w:16", extension arrow.uuid   16, big-endian as printed
 * json        utf8 "u", extension arrow.json                   variable, int32 offsets
 *
 * Not thread-safe while it is built; read-only afterwards. Whoever holds a batch borrows its
 * schema.
 */
#ifndef TIDE_RECORD_SCHEMA_H
#define TIDE_RECORD_SCHEMA_H

#include <nanoarrow/nanoarrow.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/int128.h"
#include "base/text.h"

typedef enum tide_type_id {
    TIDE_BOOL = 1,
    TIDE_INT32,
    TIDE_INT64,
    TIDE_DOUBLE,
    TIDE_DECIMAL,
    TIDE_TEXT,
    TIDE_BYTES,
    TIDE_DATE,
    TIDE_TIMESTAMP,
    TIDE_UUID,
    TIDE_JSON
} tide_type_id;

typedef struct tide_type {
    tide_type_id id;
    int16_t precision; /* decimal only: 1..38 */
    int16_t scale;     /* decimal only: 0..precision */
} tide_type;

typedef struct tide_field {
    char *name; /* owned by the schema */
    tide_type type;
    bool not_null; /* promised by the producer; a sink may declare NOT NULL */
} tide_field;

typedef struct tide_schema {
    tide_field *fields; /* owned */
    size_t field_count;
    size_t field_capacity;
} tide_schema;

#define TIDE_NO_FIELD SIZE_MAX

void tide_schema_init(tide_schema *schema);
void tide_schema_clear(tide_schema *schema);
TIDE_MUST_CHECK tide_code tide_schema_add(tide_schema *schema, const char *name, tide_type type,
                                          bool not_null, tide_error *err);
TIDE_MUST_CHECK tide_code tide_schema_copy(const tide_schema *from, tide_schema *to,
                                           tide_error *err);
/* Index of the field, or TIDE_NO_FIELD. */
size_t tide_schema_find(const tide_schema *schema, const char *name);
bool tide_schema_equal(const tide_schema *a, const tide_schema *b);

/* "decimal(12,2)", "text", ... bad_config names the nearest type. */
TIDE_MUST_CHECK tide_code tide_type_parse(tide_str name, tide_type *type, tide_error *err);
/* Writes "decimal(12,2)" (out: at least 24 bytes). Returns out. */
const char *tide_type_format(tide_type type, char *out);
bool tide_type_equal(tide_type a, tide_type b);
/* Bytes of one value; 0 for bool (bits) and variable width. */
size_t tide_type_width(tide_type type);
bool tide_type_is_variable(tide_type type);

/* To and from the Arrow C Data Interface; `out` is owned by the caller (out->release). Import
 * takes exactly the layouts above, else bad_data naming the field. */
TIDE_MUST_CHECK tide_code tide_schema_export(const tide_schema *schema, struct ArrowSchema *out,
                                             tide_error *err);
TIDE_MUST_CHECK tide_code tide_schema_import(const struct ArrowSchema *in, tide_schema *out,
                                             tide_error *err);

#endif
