/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines from indices. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "run/init/init.h"
#include "source/elasticsearch/index_names.h"
#include "source/elasticsearch/survey.h"

/* A sample has about so many bytes: a few documents, where they are large. */
#define SAMPLE_BYTES (16u << 20)
#define SAMPLE_ROWS_MIN 10

/* Indices that go to one pipeline: a range of the survey's list, which is sorted by family. */
typedef struct family {
    const char *base;    /* without date or number; of a data stream its name */
    const char *pattern; /* that finds these, and those to come */
    bool is_stream;
    size_t begin, count;
} family;

typedef struct families {
    tide_init *init;
    tide_es_survey *survey;
    family *items; /* owned */
    size_t count, capacity;
    /* Of the family at hand. */
    tide_profile *profile;
    const char *trouble;
} families;

#define STREAM_PREFIX ".ds-"

/* The family of an index: of a data stream's `.ds-logs-app-2026.11.21-000001` it is logs-app. */
static size_t family_of(const char *name, const char **base, bool *is_dated)
{
    bool is_stream = strncmp(name, STREAM_PREFIX, sizeof STREAM_PREFIX - 1) == 0;
    *base = is_stream ? name + sizeof STREAM_PREFIX - 1 : name;
    return tide_init_family_size(*base, is_dated);
}

static int compare_indices(const void *a, const void *b)
{
    const tide_es_index *x = a, *y = b;
    const char *left, *right;
    bool ignored;
    size_t m = family_of(x->name, &left, &ignored);
    size_t n = family_of(y->name, &right, &ignored);
    int order = strncmp(left, right, m < n ? m : n);
    if (order == 0) {
        order = (m > n) - (m < n);
    }
    return order != 0 ? order : strcmp(x->name, y->name);
}

static tide_code add_family(families *f, size_t begin, size_t count, tide_error *err)
{
    const char *base;
    bool is_dated = false;
    tide_arena *arena = &f->init->arena;
    const tide_es_index *first = &f->survey->indices.items[begin];
    size_t size = family_of(first->name, &base, &is_dated);
    bool grows = (count > 1 || is_dated) && size < strlen(base);
    TIDE_TRY(tide_grow((void **)&f->items, &f->capacity, f->count + 1, sizeof *f->items, err));
    family *made = &f->items[f->count++];
    *made = (family){.begin = begin, .count = count, .is_stream = base != first->name};
    made->base = grows ? tide_arena_copy_str(arena, (tide_str){base, size})
                       : tide_arena_copy_string(arena, base);
    made->pattern = made->base == NULL ? NULL
                    : grows && !made->is_stream
                        ? tide_arena_format(arena, "%s%c*", made->base, base[size])
                        : made->base;
    return made->pattern == NULL ? TIDE_FAIL_MEMORY(err, "families of indices") : TIDE_OK;
}

static bool same_family(const tide_es_index *a, const tide_es_index *b)
{
    const char *left, *right;
    bool ignored;
    size_t m = family_of(a->name, &left, &ignored);
    size_t n = family_of(b->name, &right, &ignored);
    bool whole = left[m] == '\0' || right[n] == '\0'; /* `logs` is not one of `logs-2026` */
    bool one_stream = (left == a->name) == (right == b->name);
    return m == n && one_stream && strncmp(left, right, m) == 0 && !whole && left[m] == right[n];
}

static tide_code find_families(families *f, tide_error *err)
{
    tide_es_indices *all = &f->survey->indices;
    size_t begin = 0;
    qsort(all->items, all->count, sizeof all->items[0], compare_indices);
    for (size_t i = 1; i <= all->count; i++) {
        if (i == all->count || !same_family(&all->items[i - 1], &all->items[i])) {
            TIDE_TRY(add_family(f, begin, i - begin, err));
            begin = i;
        }
    }
    return TIDE_OK;
}

/* --- one family --- */

static tide_code take_mapping(void *context, const char *index, const tide_json_node *mappings,
                              tide_error *err)
{
    families *f = context;
    return tide_init_read_mapping(f->profile, index, mappings, &f->trouble, err);
}

static tide_code take_document(void *context, const char *index, const tide_json_node *source,
                               tide_error *err)
{
    families *f = context;
    (void)index;
    return tide_profile_add(f->profile, source, err);
}

/* "promo-*", and not what belongs to another family although the pattern matches it, or what the
 * user has taken out. */
static char *print_source(const families *f, const family *one)
{
    tide_text out;
    size_t excluded = 0;
    const tide_init_options *o = f->init->options;
    tide_text_init(&out);
    tide_init_append_scalar(&out, one->pattern);
    for (size_t i = 0; i < f->count; i++) {
        const family *other = &f->items[i];
        if (other != one && !other->is_stream && strchr(one->pattern, '*') != NULL &&
            tide_es_name_matches(one->pattern, other->pattern)) {
            tide_text_append_format(&out, ", \"-%s\"", other->pattern);
            excluded++;
        }
    }
    for (size_t i = 0; i < o->pattern_count && strchr(one->pattern, '*') != NULL; i++) {
        if (o->patterns[i][0] == '-') {
            tide_text_append_format(&out, ", \"%s\"", o->patterns[i]);
            excluded++;
        }
    }
    char *made =
        tide_arena_format(&f->init->arena, "{connection: search, index: %s%s%s}",
                          excluded > 0 ? "[" : "", tide_text_c(&out), excluded > 0 ? "]" : "");
    tide_text_clear(&out);
    return made;
}

static char *print_what(const families *f, const family *one, uint64_t documents, uint64_t bytes)
{
    const tide_es_index *items = &f->survey->indices.items[one->begin];
    tide_arena *arena = &f->init->arena;
    char *names = one->count == 1 ? tide_arena_format(arena, "index %s", items[0].name)
                                  : tide_arena_format(arena, "%zu indices, %s .. %s", one->count,
                                                      items[0].name, items[one->count - 1].name);
    return names == NULL ? NULL
                         : tide_arena_format(arena, "%s: about %llu documents, %llu kB", names,
                                             (unsigned long long)documents,
                                             (unsigned long long)(bytes / 1000));
}

static unsigned sample_rows(const tide_init_options *options, uint64_t documents, uint64_t bytes)
{
    uint64_t each = documents > 0 ? bytes / documents + 1 : 1;
    uint64_t fitting = SAMPLE_BYTES / each;
    fitting = fitting < SAMPLE_ROWS_MIN ? SAMPLE_ROWS_MIN : fitting;
    return fitting < options->rows_max ? (unsigned)fitting : options->rows_max;
}

static tide_code survey_family(families *f, const family *one, tide_error *err)
{
    tide_es_index *items = &f->survey->indices.items[one->begin];
    uint64_t documents = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < one->count; i++) {
        documents += items[i].document_count;
        bytes += items[i].byte_count;
    }
    f->trouble = NULL;
    TIDE_TRY(tide_es_survey_mappings(f->survey, items, one->count, take_mapping, f, err));
    TIDE_TRY(tide_es_survey_sample(f->survey, items, one->count,
                                   sample_rows(f->init->options, documents, bytes), take_document,
                                   f, err));
    tide_profile_finish(f->profile);
    tide_init_pipeline pipeline = {.is_index = true,
                                   .is_family = one->count > 1 || strchr(one->pattern, '*') != NULL,
                                   .trouble = f->trouble,
                                   .source = print_source(f, one),
                                   .what = print_what(f, one, documents, bytes),
                                   .profile = f->profile};
    if (pipeline.source == NULL || pipeline.what == NULL) {
        return TIDE_FAIL_MEMORY(err, "a pipeline");
    }
    TIDE_TRY(tide_init_name(f->init, one->base, &pipeline.name, err));
    return tide_init_write_pipeline(f->init, &pipeline, err);
}

static tide_code write_families(families *f, tide_error *err)
{
    tide_code code = TIDE_OK;
    for (size_t i = 0; i < f->count && code == TIDE_OK; i++) {
        tide_profile profile;
        bool is_hidden = f->items[i].base[0] == '.';
        if (is_hidden && f->init->options->patterns[0][0] != '.') {
            continue;
        }
        f->profile = &profile;
        code = tide_profile_init(&profile, err);
        if (code == TIDE_OK) {
            code = survey_family(f, &f->items[i], err);
        }
        tide_profile_clear(&profile);
        f->profile = NULL;
    }
    return code;
}

/* An alias may hold a filter, which concrete names would lose: one pipeline by the words given. */
static tide_code take_as_given(families *f, tide_error *err)
{
    tide_text pattern;
    const tide_init_options *o = f->init->options;
    tide_text_init(&pattern);
    for (size_t i = 0; i < o->pattern_count; i++) {
        tide_text_append_format(&pattern, "%s%s", i > 0 ? "," : "", o->patterns[i]);
    }
    TIDE_TRY(tide_grow((void **)&f->items, &f->capacity, 1, sizeof *f->items, err));
    const char *words = tide_arena_copy_string(&f->init->arena, tide_text_c(&pattern));
    tide_text_clear(&pattern);
    f->items[0] =
        (family){.base = o->patterns[0], .pattern = words, .count = f->survey->indices.count};
    f->count = 1;
    return words == NULL ? TIDE_FAIL_MEMORY(err, "a pattern") : TIDE_OK;
}

static tide_code describe(families *f, tide_error *err)
{
    bool whole = true;
    for (size_t i = 0; i < f->survey->indices.count; i++) {
        whole = whole && f->survey->indices.items[i].whole;
    }
    TIDE_TRY(whole ? find_families(f, err) : take_as_given(f, err));
    return write_families(f, err);
}

tide_code tide_init_indices(tide_init *init, tide_error *err)
{
    const tide_init_options *o = init->options;
    const char *urls[] = {o->elasticsearch};
    tide_es_options es = {.urls = urls,
                          .url_count = 1,
                          .user = o->user,
                          .password = o->password,
                          .api_key = o->api_key,
                          .ca_file = o->ca_file,
                          .indices = o->patterns,
                          .index_count = o->pattern_count};
    tide_es_survey survey;
    families f = {.init = init, .survey = &survey};
    tide_code code = tide_es_survey_open(&survey, &es, o->cancel, err);
    if (code == TIDE_OK) {
        code = describe(&f, err);
    }
    if (code != TIDE_OK && err->side == TIDE_SIDE_NONE) {
        err->side = TIDE_SIDE_SOURCE;
    }
    tide_es_survey_close(&survey);
    tide_free(f.items);
    return code;
}
