/* SPDX-License-Identifier: Apache-2.0 */
/* Column: what a field becomes in the project file that init writes - a typed column, nothing (its
 * parts have columns), or a comment that says why it has none. */
#ifndef TIDE_RUN_INIT_COLUMN_H
#define TIDE_RUN_INIT_COLUMN_H

#include "run/init/profile.h"

typedef struct tide_init_column {
    const tide_init_field *field;
    const char *name; /* snake_case, unique in the pipeline; arena */
    const char *type; /* static */
    const char *format;
    bool in_utc;         /* `zone: UTC` */
    bool truncates;      /* `truncate: true` */
    bool takes_arrays;   /* `array: json` */
    const char *why_not; /* left out: the reason; static or arena */
    const char *why;     /* the type, where it is not plain; static or arena, may be NULL */
} tide_init_column;

typedef struct tide_init_columns {
    tide_init_column *items; /* owned */
    size_t count, capacity;
    const tide_init_column *time; /* the best candidates, or NULL */
    const tide_init_column *series;
    const tide_init_column *key;
} tide_init_columns;

/* by_texts: the fields hold texts only (CSV). Names that are taken already are reserved: NULL ends
 * them; reserved may be NULL. */
TIDE_MUST_CHECK tide_code tide_init_choose_columns(tide_profile *profile, bool by_texts,
                                                   const char *const *reserved,
                                                   tide_init_columns *columns, tide_error *err);
void tide_init_columns_clear(tide_init_columns *columns);

/* names.c: lower-case letters, digits and underscores, at most bytes_max of them, not beginning
 * with a digit. out has room for bytes_max + 1. */
void tide_init_snake_case(const char *text, size_t bytes_max, char *out);
/* The name, or with _2, _3 ... where it is taken; in the arena. */
typedef bool (*tide_init_is_taken)(const void *context, const char *name);
const char *tide_init_unique_name(tide_arena *arena, const char *name, size_t bytes_max,
                                  tide_init_is_taken is_taken, const void *context);
/* How much of a name is its family: without a date or a running number at its end.
 *   promo-uses-2026.11.21   promo-uses     is_dated
 *   logs-000007             logs           is_dated
 *   shop-7                  shop           not dated: a family only with others of it
 *   web2                    web2 */
size_t tide_init_family_size(const char *name, bool *is_dated);

#endif
