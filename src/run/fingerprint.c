/* SPDX-License-Identifier: Apache-2.0 */
/* Fingerprint: everything that decides what a pipeline computes, a line per part; not hosts, users
 * or speed options. State is only continued by a pipeline with the same one. */
#include <stdio.h>
#include <xxhash.h>

#include "record/order.h"
#include "run/pipeline.h"

static void add_words(tide_text *out, const char *part, const tide_words *words)
{
    tide_text_append_format(out, "%s:", part);
    for (size_t i = 0; i < words->count; i++) {
        tide_text_append_char(out, ' ');
        tide_text_append_json_string(out, tide_str_of(words->items[i]));
    }
    tide_text_append_char(out, '\n');
}

static void add_part(tide_text *out, const char *part, const char *value)
{
    tide_text_append_format(out, "%s: ", part);
    if (value != NULL) {
        tide_text_append_json_string(out, tide_str_of(value));
    }
    tide_text_append_char(out, '\n');
}

static void add_source(tide_text *out, const tide_source_config *source)
{
    if (source->connection != NULL) {
        add_words(out, "index", &source->index);
        add_part(out, "query", source->query);
    } else {
        add_words(out, "files", &source->files);
        add_part(out, "file format", source->format);
        add_part(out, "delimiter", source->delimiter);
    }
}

/* Nothing for a column in clear, whose line is what it was before there were masks. */
static void add_mask(tide_text *out, const tide_mask_config *mask)
{
    static const char *const kinds[] = {"", "hash", "redact", "null", "truncate"};
    if (mask->kind != TIDE_MASK_NONE) {
        tide_text_append_format(out, " mask %s %s", kinds[mask->kind],
                                mask->truncate != NULL ? mask->truncate : "");
    }
}

/* Of a masked column its mask: the text is kept beside the output. */
static void add_default(tide_text *out, const tide_column_config *config,
                        const tide_column_spec *spec)
{
    tide_text value;
    tide_text_init(&value);
    if (spec->has_default && spec->mask.kind != TIDE_MASK_NONE) {
        tide_value_print(&spec->default_value, tide_column_spec_type(spec), &value);
    } else if (config->default_text != NULL) {
        tide_text_append(&value, config->default_text);
    }
    tide_text_append_json_string(out, (tide_str){tide_text_c(&value), value.size});
    out->failed = out->failed || tide_text_failed(&value);
    tide_text_clear(&value);
}

static void add_column(tide_text *out, const tide_column_config *config,
                       const tide_column_spec *spec)
{
    char type[32];
    tide_text_append_format(out, "column %s: %s from ", config->name,
                            tide_type_format(spec->type, type));
    tide_text_append_json_string(out, tide_str_of(spec->path));
    tide_text_append_format(out, " format %s zone %s array %d required %d truncate %d default ",
                            config->format != NULL ? config->format : "",
                            config->zone != NULL ? config->zone : "", (int)spec->array,
                            spec->required, spec->truncate);
    add_default(out, config, spec);
    tide_text_append(out, spec->malformed_is_null ? " malformed null" : "");
    add_mask(out, &config->mask);
    tide_text_append_char(out, '\n');
}

/* The key shows only in what it makes of a text that no column can hold (it begins with U+0000). */
static tide_code add_mask_key(tide_text *out, const tide_column_spec *spec, tide_error *err)
{
    char check[TIDE_KEYED_HASH_CHARS];
    tide_keyed_hash *hash = NULL;
    if (spec->mask.kind != TIDE_MASK_HASH) {
        return TIDE_OK;
    }
    TIDE_TRY(tide_keyed_hash_create(spec->mask.key, &hash, err));
    tide_code code =
        tide_keyed_hash_hex(hash, TIDE_STR("\0tidemill: which key is this?"), check, err);
    tide_keyed_hash_destroy(hash);
    tide_text_append_format(out, TIDE_MASK_KEY_PART " %s: %.16s\n", spec->name, check);
    return code;
}

static void add_hash(tide_text *out, const void *data, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(data, size);
    tide_text_append_format(out, "%016llx%016llx", (unsigned long long)hash.high64,
                            (unsigned long long)hash.low64);
}

/* A step's own text may be long (a script): its hash stands for it. */
static void add_step(tide_text *out, const tide_step *step)
{
    tide_text_append_format(out, "step %s: ", step->label);
    add_hash(out, tide_text_c(&step->fingerprint), step->fingerprint.size);
    tide_text_append_char(out, '\n');
}

static void add_output(tide_text *out, const tide_output_layout *output)
{
    char type[32];
    tide_text_append(out, "output:");
    for (size_t i = 0; i < output->schema.field_count; i++) {
        tide_text_append_format(out, " %s %s %d", output->schema.fields[i].name,
                                tide_type_format(output->schema.fields[i].type, type),
                                (int)output->columns[i].origin);
    }
    tide_text_append_char(out, '\n');
}

tide_code tide_bind_fingerprint(tide_pipeline *pipeline, tide_error *err)
{
    static const char *const modes[] = {"append", "merge", "replace"};
    const tide_pipeline_config *config = pipeline->config;
    tide_text *out = &pipeline->fingerprint_text;
    tide_text_append_format(out, "series hash: version %d\n", TIDE_HASH_VERSION);
    add_source(out, &config->source);
    for (size_t i = 0; i < config->columns.count; i++) {
        add_column(out, &config->columns.items[i], &pipeline->specs[i]);
        TIDE_TRY(add_mask_key(out, &pipeline->specs[i], err));
    }
    add_words(out, "series", &config->series);
    add_part(out, "time", config->time);
    add_words(out, "tie", &config->tie);
    add_part(out, "timezone", config->timezone);
    if (config->cursor != NULL) {
        add_part(out, "cursor", config->cursor);
    }
    for (size_t i = 0; i < pipeline->step_count; i++) {
        if (tide_text_failed(&pipeline->steps[i].fingerprint)) {
            return TIDE_FAIL_MEMORY(err, "the fingerprint of a step");
        }
        add_step(out, &pipeline->steps[i]);
    }
    add_output(out, &pipeline->process.output);
    add_part(out, "mode", modes[config->sink.mode]);
    add_words(out, "key", &config->sink.key);
    add_part(out, "newest", config->sink.newest);
    tide_text hash;
    tide_text_init(&hash);
    add_hash(&hash, tide_text_c(out), out->size);
    tide_code code = TIDE_OK;
    if (tide_text_failed(out) || tide_text_failed(&hash)) {
        code = TIDE_FAIL_MEMORY(err, "the fingerprint of a pipeline");
    } else {
        (void)snprintf(pipeline->fingerprint, sizeof pipeline->fingerprint, "%s",
                       tide_text_c(&hash));
    }
    tide_text_clear(&hash);
    return code;
}
