/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders of JSON for columns that follow from one byte of the input: each is made when it is
 * first asked for and kept, so that what one input leaves in the dictionaries, the next one meets.
 */
#ifndef TIDE_TEST_FUZZ_SCHEMAS_H
#define TIDE_TEST_FUZZ_SCHEMAS_H

#include "fuzz.h"
#include "record/json_decoder.h"

#define FUZZ_COLUMNS_MAX 8
#define FUZZ_SCHEMAS 256

typedef struct fuzz_decoder {
    tide_json_decoder *decoder;
    tide_column_spec specs[FUZZ_COLUMNS_MAX];
    char names[FUZZ_COLUMNS_MAX][4];
    size_t count;
    tide_schema schema;
    tide_builder builder;
} fuzz_decoder;

static inline const tide_zone *fuzz_zone(void)
{
    static tide_zone *zone;
    tide_error err;
    FUZZ_CHECK(zone != NULL || tide_zone_open("Europe/Warsaw", &zone, &err) == TIDE_OK);
    return zone;
}

static inline tide_mask fuzz_mask(uint64_t bits, tide_type type)
{
    tide_mask mask = {.kind = (tide_mask_kind)(bits % 5),
                      .key = TIDE_STR("a key of the tests"),
                      .characters = (int64_t)(bits >> 8 & 3) + 1,
                      .unit = (tide_mask_unit)(bits >> 10 & 1),
                      .zone = fuzz_zone(),
                      .multiple = (tide_int128)(bits >> 12 & 63) + 1};
    return tide_mask_fits(mask.kind, type) ? mask : (tide_mask){.kind = TIDE_MASK_NONE};
}

/* A fact of the hit instead of a value of the document. */
static inline void fuzz_fact_spec(tide_column_spec *spec, uint64_t bits)
{
    spec->origin = (tide_origin)(TIDE_FROM_ID + (bits & 3));
    bool is_text = spec->origin == TIDE_FROM_ID || spec->origin == TIDE_FROM_INDEX;
    spec->type = (tide_type){.id = is_text ? TIDE_TEXT : TIDE_INT64};
    spec->mask = fuzz_mask(bits >> 2, spec->type);
}

static inline void fuzz_spec(tide_column_spec *spec, uint64_t bits)
{
    static const char *const paths[] = {"a",   "b",       "c",     "a.b", "a.c",     "a.b.c",
                                        "b.a", "b.a.b.c", "c.c.c", "d",   "\xC3\xB3"};
    static const char *const formats[] = {NULL, NULL, "epoch_millis", "yyyy-MM-dd||epoch_seconds"};
    tide_type_id id = (tide_type_id)(TIDE_BOOL + bits % 11);
    bool is_time = id == TIDE_TIMESTAMP || id == TIDE_DATE;
    bool may_keep = id == TIDE_JSON || id == TIDE_TEXT;
    spec->type = (tide_type){.id = id};
    if (id == TIDE_DECIMAL) {
        spec->type.precision = (int16_t)(1 + (bits >> 8) % 38);
        spec->type.scale = (int16_t)((bits >> 16) % (uint64_t)(spec->type.precision + 1));
    }
    spec->path = paths[(bits >> 24) % (sizeof paths / sizeof paths[0])];
    spec->array = (tide_array_rule)((bits >> 32) % (may_keep ? 3 : 2));
    spec->format = is_time ? formats[bits >> 36 & 3] : NULL;
    spec->zone = is_time && (bits >> 38 & 1) != 0 ? fuzz_zone() : NULL;
    spec->truncate = is_time && (bits >> 39 & 1) != 0;
    spec->required = (bits >> 40 & 7) == 0;
    if ((bits >> 43 & 3) == 0) {
        spec->mask = fuzz_mask(bits >> 45, spec->type);
    }
    if (id == TIDE_INT64 && spec->mask.kind == TIDE_MASK_NONE && !spec->required) {
        spec->has_default = true;
        spec->default_value = (tide_value){.as.integer = 7};
    }
}

static inline fuzz_decoder *fuzz_decoder_of(uint8_t number, tide_hidden hidden)
{
    static fuzz_decoder made[FUZZ_SCHEMAS];
    fuzz_decoder *d = &made[number];
    tide_error err;
    uint64_t seed = number;
    if (d->decoder != NULL) {
        return d;
    }
    d->count = 1 + fuzz_random(&seed) % FUZZ_COLUMNS_MAX;
    tide_schema_init(&d->schema);
    tide_type last = {hidden == TIDE_HIDDEN_ID ? TIDE_TEXT : TIDE_INT64, 0, 0};
    bool fine = true;
    for (size_t i = 0; i < d->count; i++) {
        uint64_t bits = fuzz_random(&seed);
        if (hidden == TIDE_HIDDEN_ID && bits >> 61 == 0) {
            fuzz_fact_spec(&d->specs[i], bits);
        } else {
            fuzz_spec(&d->specs[i], bits);
        }
        (void)snprintf(d->names[i], sizeof d->names[i], "c%zu", i);
        d->specs[i].name = d->names[i];
        fine = fine && tide_schema_add(&d->schema, d->names[i], tide_column_spec_type(&d->specs[i]),
                                       false, &err) == TIDE_OK;
    }
    fine = fine &&
           tide_schema_add(&d->schema, "$source", (tide_type){TIDE_INT32, 0, 0}, true, &err) ==
               TIDE_OK &&
           tide_schema_add(&d->schema, "$last", last, true, &err) == TIDE_OK &&
           tide_builder_init(&d->builder, &d->schema, &err) == TIDE_OK &&
           tide_json_decoder_create((tide_column_specs){d->specs, d->count}, hidden, &d->decoder,
                                    &err) == TIDE_OK;
    FUZZ_CHECK(fine);
    return d;
}

/* Text to decode, followed by as much padding as is promised and not a byte more. */
static inline char *fuzz_padded(const uint8_t *data, size_t size, char padding)
{
    char *copy = malloc(size + TIDE_JSON_PADDING);
    FUZZ_CHECK(copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    memset(copy + size, padding, TIDE_JSON_PADDING);
    return copy;
}

#endif
