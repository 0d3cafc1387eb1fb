/* SPDX-License-Identifier: Apache-2.0 */
/* Profile: what is known of the fields of one index or file set - from a mapping, where there is
 * one, and from a sample of documents or records. Says nothing of columns: see column.h.
 *
 * One thread. Strings live in the profile's arena.
 */
#ifndef TIDE_RUN_INIT_PROFILE_H
#define TIDE_RUN_INIT_PROFILE_H

#include "base/arena.h"
#include "record/timestamp.h"
#include "source/elasticsearch/json_tree.h"

typedef struct tide_init_field {
    const char *path;
    /* By mappings; NULL and false where there are none. */
    const char *mapped; /* type in the first index that has it */
    const char *mapped_in;
    const char *other, *other_in; /* a type that differs, and the index that has it */
    const char *format;           /* dates */
    const char *alias;            /* path that it stands for */
    const char *dropped_in;       /* an index whose _source leaves it out */
    bool is_object;               /* with properties of its own */
    bool is_copy;                 /* filled by copy_to: not in the documents */
    bool ignores_malformed;
    /* Of the sample: in how many records it is what. */
    int64_t nulls, objects, arrays, object_arrays, bools, integers, doubles, texts;
    int64_t dates, times,
        local_times;       /* of the texts: yyyy-MM-dd alone; with time; of these without zone */
    int64_t too_large;     /* integers beyond int64 */
    int64_t leading_zeros; /* of texts that are numbers: codes, not numbers */
    int64_t number_texts, integer_texts, bool_texts; /* of the texts (CSV) */
    int64_t min_integer, max_integer;
    int64_t min_time, max_time; /* of dates and times */
    uint64_t *hashes;           /* owned: of scalar values, as they came */
    size_t hash_count, hash_capacity;
    size_t distinct; /* after tide_profile_finish */
} tide_init_field;

typedef struct tide_profile {
    tide_arena arena;
    tide_init_field **fields; /* owned; in order of appearance */
    size_t count, capacity;
    size_t *slots; /* owned: numbers of fields + 1 by hash of the path */
    size_t slot_count;
    int64_t row_count; /* sampled */
    tide_zone *utc;
    tide_time_parser *parser;
} tide_profile;

TIDE_MUST_CHECK tide_code tide_profile_init(tide_profile *profile, tide_error *err);
void tide_profile_clear(tide_profile *profile);

TIDE_MUST_CHECK tide_code tide_profile_field(tide_profile *profile, const char *path,
                                             tide_init_field **field, tide_error *err);
/* NULL when there is none. */
tide_init_field *tide_profile_find(const tide_profile *profile, const char *path);

/* A document of the sample. */
TIDE_MUST_CHECK tide_code tide_profile_add(tide_profile *profile, const tide_json_node *document,
                                           tide_error *err);
/* A cell of a CSV record of the sample; empty without quotes is null. */
TIDE_MUST_CHECK tide_code tide_profile_add_cell(tide_profile *profile, tide_init_field *field,
                                                tide_str text, bool quoted, tide_error *err);
/* After the sample: counts distinct values. */
void tide_profile_finish(tide_profile *profile);

static inline int64_t tide_init_scalars(const tide_init_field *f)
{
    return f->bools + f->integers + f->doubles + f->texts;
}

#endif
