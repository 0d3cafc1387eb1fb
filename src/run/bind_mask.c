/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of masks: what a mask means for a column's type, and what a masked column may be. */
#include <string.h>

#include "record/decimal.h"
#include "run/config_reader.h"
#include "run/pipeline.h"

static const char *const kind_words[] = {"", "hash", "redact", "null", "truncate"};

/* At least `min`, by the column's type. False when text is no such number. */
static bool read_whole(const char *text, int64_t min, int64_t *value)
{
    return tide_int64_parse(tide_str_of(text), value) == TIDE_NUMBER_OK && *value >= min;
}

static bool read_unit(const char *text, tide_mask_unit *unit)
{
    static const char *const words[] = {"day", "month", "year"};
    for (size_t i = 0; i < TIDE_COUNT_OF(words); i++) {
        if (strcmp(words[i], text) == 0) {
            *unit = (tide_mask_unit)i;
            return true;
        }
    }
    return false;
}

/* NULL, or what is wanted instead. */
static const char *read_truncation(const char *text, tide_type type, tide_mask *mask)
{
    int64_t number = 0;
    switch (type.id) {
        case TIDE_TEXT:
            return read_whole(text, 1, &mask->characters)
                       ? NULL
                       : "how many characters are kept, at least 1";
        case TIDE_TIMESTAMP:
            return read_unit(text, &mask->unit) ? NULL : "day, month or year";
        case TIDE_DATE:
            return read_unit(text, &mask->unit) && mask->unit != TIDE_MASK_DAY ? NULL
                                                                               : "month or year";
        case TIDE_DECIMAL:
            return tide_decimal_parse(tide_str_of(text), type.precision, type.scale,
                                      &mask->multiple) == TIDE_NUMBER_OK &&
                           mask->multiple > 0
                       ? NULL
                       : "a number above 0 that the column can hold: multiples of it are kept";
        default:
            if (!read_whole(text, type.id == TIDE_DOUBLE ? 1 : 2, &number)) {
                return "a whole number above 1: multiples of it are kept";
            }
            mask->multiple = number;
            return NULL;
    }
}

static void note_misfit(tide_binder *binder, const tide_column_config *config, tide_type type)
{
    char name[24];
    bool hash = config->mask.kind == TIDE_MASK_HASH;
    tide_diagnostics_add(
        binder->diagnostics, config->mask.mark,
        "column `%s`: a value of type %s can't be %s; use %s`mask: redact`", config->name,
        tide_type_format(type, name),
        hash ? "hashed, as it may be written in many ways" : "truncated",
        hash ? "" : "{hash: \"${MASK_KEY}\"} where it has to tell rows apart, or ");
}

/* Some facts are known all over, whatever a column makes of them. */
static bool origin_bears(tide_binder *binder, const tide_column_config *config,
                         const tide_column_spec *spec)
{
    bool of_files = binder->pipeline->config->source.connection == NULL;
    if (spec->origin == TIDE_FROM_FILE || spec->origin == TIDE_FROM_INDEX ||
        spec->origin == TIDE_FROM_POSITION) {
        tide_diagnostics_add(binder->diagnostics, config->mask.mark,
                             "column `%s`: `%s` can't be masked: plans, run records and rejects "
                             "name where rows come from",
                             config->name, spec->path);
        return false;
    }
    if (spec->origin == TIDE_FROM_ID && !of_files && config->mask.kind != TIDE_MASK_HASH) {
        tide_diagnostics_add(binder->diagnostics, config->mask.mark,
                             "column `%s`: `_id` tells documents apart, so its only mask is "
                             "{hash: \"${MASK_KEY}\"}",
                             config->name);
        return false;
    }
    return true;
}

void tide_bind_mask(tide_binder *binder, const tide_column_config *config, tide_column_spec *spec)
{
    const tide_mask_config *from = &config->mask;
    if (from->kind == TIDE_MASK_NONE || !origin_bears(binder, config, spec)) {
        return;
    }
    if (!tide_mask_fits(from->kind, spec->type)) {
        note_misfit(binder, config, spec->type);
        return;
    }
    spec->mask = (tide_mask){.kind = from->kind, .zone = binder->pipeline->zone};
    if (from->kind == TIDE_MASK_HASH) {
        spec->mask.key = tide_str_of(from->key);
    }
    const char *wanted = from->kind == TIDE_MASK_TRUNCATE && from->truncate != NULL
                             ? read_truncation(from->truncate, spec->type, &spec->mask)
                             : NULL;
    if (wanted != NULL) {
        tide_diagnostics_add(binder->diagnostics, from->truncate_mark,
                             "column `%s`: truncate wants %s", config->name, wanted);
    }
}

/* The masked column's kind leaves no two values apart. */
static bool is_constant(const tide_pipeline *pipeline, size_t column)
{
    tide_mask_kind kind = pipeline->specs[column].mask.kind;
    return kind == TIDE_MASK_REDACT || kind == TIDE_MASK_NULL;
}

static void refuse_role(tide_binder *binder, tide_mark mark, const char *role, size_t column)
{
    const tide_column_spec *spec = &binder->pipeline->specs[column];
    tide_diagnostics_add(binder->diagnostics, mark,
                         "`%s: %s`: its mask `%s` makes all values alike; {hash: \"${MASK_KEY}\"} "
                         "keeps them apart",
                         role, spec->name, kind_words[spec->mask.kind]);
}

/* User code makes columns of its own, which may have the names of others. */
static bool passes_through(const tide_pipeline_config *config)
{
    for (size_t i = 0; i < config->step_count; i++) {
        if (config->steps[i].kind == TIDE_STEP_LUA) {
            return false;
        }
    }
    return true;
}

void tide_check_masked_roles(tide_binder *binder)
{
    const tide_pipeline *pipeline = binder->pipeline;
    const tide_pipeline_config *config = pipeline->config;
    for (size_t i = 0; i < pipeline->series_count; i++) {
        if (is_constant(pipeline, pipeline->series_columns[i])) {
            refuse_role(binder, config->series.marks[i], "series", pipeline->series_columns[i]);
        }
    }
    if (pipeline->time_column != TIDE_NO_FIELD && is_constant(pipeline, pipeline->time_column)) {
        refuse_role(binder, config->time_mark, "time", pipeline->time_column);
    }
    for (size_t i = 0; i < config->sink.key.count && passes_through(config); i++) {
        size_t column = tide_schema_find(&pipeline->declared, config->sink.key.items[i]);
        if (column != TIDE_NO_FIELD && is_constant(pipeline, column)) {
            refuse_role(binder, config->sink.key.marks[i], "key", column);
        }
    }
}

/* Does `above` name an object or list that `path` leads into? */
static bool leads_into(const char *above, const char *path)
{
    size_t size = strlen(above);
    return strncmp(above, path, size) == 0 && path[size] == '.';
}

static bool takes_whole(const tide_column_spec *spec)
{
    return spec->type.id == TIDE_JSON || spec->array == TIDE_ARRAY_JSON;
}

/* Of a column in clear beside a masked one: how it holds the same; NULL when it does not. */
static const char *overlap_of(const tide_column_spec *clear, const tide_column_spec *masked)
{
    if (clear->origin != masked->origin) {
        return NULL;
    }
    if (clear->origin != TIDE_FROM_PATH || strcmp(clear->path, masked->path) == 0) {
        return "takes the same value";
    }
    if (takes_whole(clear) && leads_into(clear->path, masked->path)) {
        return "takes an object with that value in it";
    }
    return leads_into(masked->path, clear->path) ? "takes a part of that value" : NULL;
}

void tide_note_masks(const tide_pipeline *pipeline, tide_text *notes)
{
    for (size_t i = 0; i < pipeline->spec_count; i++) {
        const tide_column_spec *masked = &pipeline->specs[i];
        for (size_t k = 0; masked->mask.kind != TIDE_MASK_NONE && k < pipeline->spec_count; k++) {
            const tide_column_spec *clear = &pipeline->specs[k];
            const char *overlap =
                clear->mask.kind == TIDE_MASK_NONE ? overlap_of(clear, masked) : NULL;
            if (overlap != NULL) {
                tide_text_append_format(notes,
                                        "warning: column `%s` masks `%s`, but column `%s` %s and "
                                        "has no mask\n",
                                        masked->name, masked->path, clear->name, overlap);
            }
        }
    }
}
