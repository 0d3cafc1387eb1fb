/* SPDX-License-Identifier: Apache-2.0 */
/* Column spec: how one column of a pipeline is taken from a document or a CSV record.
 *
 * Filled by the project file, checked there, borrowed by decoders for as long as they live.
 */
#ifndef TIDE_RECORD_COLUMN_SPEC_H
#define TIDE_RECORD_COLUMN_SPEC_H

#include "record/mask.h"
#include "record/value.h"

/* What becomes of an array where a scalar is wanted. */
typedef enum tide_array_rule {
    TIDE_ARRAY_REJECT = 0,
    TIDE_ARRAY_FIRST,
    TIDE_ARRAY_JSON
} tide_array_rule;

/* Where the value comes from. */
typedef enum tide_origin {
    TIDE_FROM_PATH = 0, /* document: a path; CSV: a header's name */
    TIDE_FROM_ID,       /* _id */
    TIDE_FROM_INDEX,    /* _index */
    TIDE_FROM_SEQ_NO,   /* _seq_no */
    TIDE_FROM_VERSION,  /* _version */
    TIDE_FROM_FILE,     /* _file: path as written */
    TIDE_FROM_POSITION  /* _position: byte offset of the record in the (decompressed) file */
} tide_origin;

/* How the mapping of the index that holds the documents types the value, beside the column's own
 * rules. All zero: nothing is known of it, as for files. */
typedef struct tide_mapped_as {
    bool in_order;       /* dates: numbers, too, are offered to the formats in their order */
    bool whole;          /* numbers: digits behind the point are cut off */
    bool java_double;    /* numbers in texts: blanks around them, a letter of Java's types behind */
    bool beside_parents; /* what stands above it on its path may be a value of its own */
    uint32_t units_max;  /* longer text is no value, in units of UTF-16; 0 = any length */
    bool has_null_value;
    tide_value null_value; /* for null where one is written; masked where there is a mask */
} tide_mapped_as;

typedef struct tide_column_spec {
    const char *name;
    tide_type type; /* as it is decoded; tide_column_spec_type is what the batch holds */
    tide_origin origin;
    const char *path;      /* "a.b.c": nested objects, literal dotted keys, or any mix of them */
    const char *format;    /* timestamps and dates; NULL = ISO 8601 */
    const tide_zone *zone; /* for timestamps without a zone; NULL = such a value is a reject */
    tide_array_rule array;
    bool required; /* missing or null is a reject */
    bool truncate; /* digits beyond microseconds are cut instead of a reject */
    bool has_default;
    tide_value default_value; /* for missing and for null; masked where there is a mask */
    bool malformed_is_null;   /* what can't be typed is missing instead of a reject */
    bool is_bounded;          /* timestamps: one that is not in [low, high) is a reject */
    int64_t low, high;
    tide_mask mask;
    tide_mapped_as mapped;
} tide_column_spec;

/* The type of the column in a batch. */
static inline tide_type tide_column_spec_type(const tide_column_spec *spec)
{
    return tide_mask_type(spec->mask.kind, spec->type);
}

typedef struct tide_column_specs {
    const tide_column_spec *specs; /* borrowed */
    size_t count;
} tide_column_specs;

#endif
