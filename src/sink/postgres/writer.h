/* SPDX-License-Identifier: Apache-2.0 */
/* Writer: one function per output column, chosen once from our type and the server's, that writes
 * a cell in the server's binary format; and its fit, which says on our side what the server's type
 * would refuse.
 *
 *   ours        theirs
 *   bool        boolean
 *   int32       integer, bigint, numeric with 10 digits before the point
 *   int64       bigint, numeric with 19 digits before the point
 *   double      double precision
 *   decimal     numeric with at least as many digits on both sides of the point
 *   text        text, varchar(n)
 *   bytes       bytea
 *   date        date
 *   timestamp   timestamptz, timestamp (UTC); not with fewer than 6 digits of a second
 *   uuid        uuid
 *   json        jsonb, json, text
 */
#ifndef TIDE_SINK_POSTGRES_WRITER_H
#define TIDE_SINK_POSTGRES_WRITER_H

#include "record/batch.h"
#include "sink/postgres/encoder.h"

/* 4714-11-24 BC, of dates and timestamps. */
#define TIDE_PG_FIRST_DAY (-2440588)

typedef struct tide_pg_writer tide_pg_writer;
typedef void (*tide_pg_write)(tide_pg_encoder *encoder, const tide_pg_writer *writer,
                              const tide_column *column, int64_t row);
/* True when the cell (not null) fits. */
typedef bool (*tide_pg_fit)(const tide_pg_writer *writer, const tide_column *column, int64_t row);

struct tide_pg_writer {
    tide_pg_write write;
    tide_pg_fit fit;          /* NULL: every value of our type fits */
    const char *fit_reason;   /* static: what is wrong when it does not */
    size_t bytes_max;         /* of the cell's bounded part, its length included */
    Oid array_element;        /* type of arrays that carry it as a parameter */
    const char *array_name;   /* "bigint[]" */
    int16_t precision, scale; /* decimal */
    int32_t characters_max;   /* varchar(n), or 0 */
    bool not_null;            /* null is refused on our side */
};

/* A column of the server's table. */
typedef struct tide_pg_server_type {
    Oid type;            /* base type of a domain */
    int32_t modifier;    /* atttypmod */
    const char *printed; /* "numeric(10,2)" */
} tide_pg_server_type;

/* How rows of one table are written. Read-only once made, shared by workers. */
typedef struct tide_pg_layout {
    tide_pg_writer *writers; /* owned; one per field */
    size_t count;
    size_t row_bytes_max;
    bool has_fits;
} tide_pg_layout;

/* False when they do not go together; then *advice is a static clause: what to do about it. With
 * `canonical`, doubles that compare equal become equal bytes (-0 and NaNs), as merge needs. */
bool tide_pg_writer_choose(tide_type ours, const tide_pg_server_type *theirs, bool canonical,
                           tide_pg_writer *writer, const char **advice);

/* The type that we create for ours: "numeric(12,2)" (out: at least 24 bytes); json is kept to the
 * byte with `exact_json`. */
const char *tide_pg_type_name(tide_type type, bool exact_json, char *out);
/* The same as a server type; its printed name is `out`. */
tide_pg_server_type tide_pg_natural_type(tide_type type, bool exact_json, char *out);
/* The layout of a table that we created ourselves. */
TIDE_MUST_CHECK tide_code tide_pg_layout_natural(tide_pg_layout *layout, const tide_schema *schema,
                                                 bool exact_json, tide_error *err);
TIDE_MUST_CHECK tide_code tide_pg_layout_init(tide_pg_layout *layout, size_t count,
                                              tide_error *err);
/* After the writers are filled in. */
void tide_pg_layout_seal(tide_pg_layout *layout);
void tide_pg_layout_clear(tide_pg_layout *layout);

#endif
