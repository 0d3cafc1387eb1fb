/* SPDX-License-Identifier: Apache-2.0 */
#include "run/init/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/memory.h"

#define SLOTS_MIN 64

tide_code tide_profile_init(tide_profile *profile, tide_error *err)
{
    *profile = (tide_profile){0};
    tide_arena_init(&profile->arena);
    TIDE_TRY(tide_zone_open("UTC", &profile->utc, err));
    tide_time_options options = {
        .format = "strict_date_optional_time", .zone = profile->utc, .truncate = true};
    return tide_time_parser_create(&options, &profile->parser, err);
}

void tide_profile_clear(tide_profile *profile)
{
    for (size_t i = 0; i < profile->count; i++) {
        tide_free(profile->fields[i]->hashes);
    }
    tide_free(profile->fields);
    tide_free(profile->slots);
    if (profile->parser != NULL) {
        tide_time_parser_destroy(profile->parser);
    }
    if (profile->utc != NULL) {
        tide_zone_close(profile->utc);
    }
    tide_arena_clear(&profile->arena);
    *profile = (tide_profile){0};
}

/* The slot of the path, or the empty one where it would be. */
static size_t *find_slot(const tide_profile *profile, const char *path)
{
    size_t mask = profile->slot_count - 1;
    size_t at = (size_t)XXH3_64bits(path, strlen(path)) & mask;
    while (profile->slots[at] != 0 &&
           strcmp(profile->fields[profile->slots[at] - 1]->path, path) != 0) {
        at = (at + 1) & mask;
    }
    return &profile->slots[at];
}

static tide_code make_room(tide_profile *profile, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&profile->fields, &profile->capacity, profile->count + 1,
                       sizeof(tide_init_field *), err));
    if (profile->slot_count >= 2 * (profile->count + 1)) {
        return TIDE_OK;
    }
    size_t wanted = profile->slot_count > 0 ? 2 * profile->slot_count : SLOTS_MIN;
    size_t *slots = tide_alloc_zero(wanted, sizeof *slots);
    if (slots == NULL) {
        return TIDE_FAIL_MEMORY(err, "a profile of fields");
    }
    tide_free(profile->slots);
    profile->slots = slots;
    profile->slot_count = wanted;
    for (size_t i = 0; i < profile->count; i++) {
        *find_slot(profile, profile->fields[i]->path) = i + 1;
    }
    return TIDE_OK;
}

tide_init_field *tide_profile_find(const tide_profile *profile, const char *path)
{
    size_t found = profile->slot_count > 0 ? *find_slot(profile, path) : 0;
    return found > 0 ? profile->fields[found - 1] : NULL;
}

tide_code tide_profile_field(tide_profile *profile, const char *path, tide_init_field **field,
                             tide_error *err)
{
    *field = tide_profile_find(profile, path);
    if (*field != NULL) {
        return TIDE_OK;
    }
    TIDE_TRY(make_room(profile, err));
    tide_init_field *made = tide_arena_alloc_zero(&profile->arena, 1, sizeof *made);
    char *copy = tide_arena_copy_string(&profile->arena, path);
    if (made == NULL || copy == NULL) {
        return TIDE_FAIL_MEMORY(err, "a profile of fields");
    }
    made->path = copy;
    *find_slot(profile, path) = profile->count + 1;
    profile->fields[profile->count++] = made;
    *field = made;
    return TIDE_OK;
}

static tide_code note_value(tide_init_field *field, tide_str text, tide_error *err)
{
    TIDE_TRY(tide_grow((void **)&field->hashes, &field->hash_capacity, field->hash_count + 1,
                       sizeof field->hashes[0], err));
    field->hashes[field->hash_count++] = XXH3_64bits(text.data, text.size);
    return TIDE_OK;
}

static void note_integer(tide_init_field *field, int64_t value)
{
    bool first = field->integers + field->integer_texts == 0;
    field->min_integer = first || value < field->min_integer ? value : field->min_integer;
    field->max_integer = first || value > field->max_integer ? value : field->max_integer;
}

/* Terminated text. */
static void note_number(tide_init_field *field, const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool whole = end != text && *end == '\0';
    if (!whole) {
        field->doubles++;
    } else if (errno != 0) {
        field->too_large++;
        field->doubles++;
    } else {
        note_integer(field, value);
        field->integers++;
    }
}

static bool is_digits(const char *text, size_t count)
{
    return strspn(text, "0123456789") >= count;
}

/* yyyy-MM-dd, perhaps with a time behind it: a shorter text that the parser would take, such as
 * 2024, is more probably a number. */
static void note_time(tide_profile *profile, tide_init_field *field, tide_str text)
{
    int64_t instant;
    if (text.size < 10 || !is_digits(text.data, 4) || text.data[4] != '-' ||
        !is_digits(text.data + 5, 2) || text.data[7] != '-' ||
        tide_time_parse(profile->parser, text, false, &instant) != TIDE_TIME_OK) {
        return;
    }
    bool first = field->dates + field->times == 0;
    field->min_time = first || instant < field->min_time ? instant : field->min_time;
    field->max_time = first || instant > field->max_time ? instant : field->max_time;
    if (text.size == 10) {
        field->dates++;
        return;
    }
    const char *clock = text.data + 11;
    size_t rest = text.size - 11;
    bool has_zone = text.data[text.size - 1] == 'Z' || memchr(clock, '+', rest) != NULL ||
                    memchr(clock, '-', rest) != NULL;
    field->times++;
    field->local_times += !has_zone;
}

/* What a text would be if it were not one, for CSV. */
static void note_number_text(tide_init_field *field, const char *text)
{
    char *end;
    size_t sign = text[0] == '-' ? 1 : 0;
    if (strspn(text + sign, "0123456789.eE+-") != strlen(text + sign) || text[sign] == '\0') {
        bool is_bool = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
        field->bool_texts += is_bool;
        return;
    }
    (void)strtod(text, &end);
    if (*end != '\0' || end == text) {
        return;
    }
    field->leading_zeros += text[sign] == '0' && text[sign + 1] != '\0' && text[sign + 1] != '.';
    errno = 0;
    long long value = strtoll(text, &end, 10);
    field->too_large += *end == '\0' && errno != 0;
    if (*end == '\0' && errno == 0) {
        note_integer(field, value);
        field->integer_texts++;
    }
    field->number_texts++;
}

static tide_code note_scalar(tide_profile *profile, tide_init_field *field,
                             const tide_json_node *node, tide_error *err)
{
    switch (node->kind) {
        case TIDE_JSON_FALSE:
        case TIDE_JSON_TRUE:
            field->bools++;
            break;
        case TIDE_JSON_NUMBER:
            note_number(field, node->text);
            break;
        default:
            note_time(profile, field, tide_str_of(node->text));
            field->texts++;
            break;
    }
    return note_value(field, node->raw, err);
}

static void note_array(tide_init_field *field, const tide_json_node *array)
{
    bool has_object = false;
    for (const tide_json_node *at = array->first_child; at != NULL; at = at->next) {
        has_object = has_object || at->kind == TIDE_JSON_OBJECT;
    }
    field->arrays++;
    field->object_arrays += has_object;
}

/* The tree's depth is bounded by its parser. */
static tide_code walk(tide_profile *profile, const char *prefix, const tide_json_node *object,
                      tide_error *err)
{
    for (const tide_json_node *at = object->first_child; at != NULL; at = at->next) {
        tide_init_field *field;
        char path[1024];
        int size =
            snprintf(path, sizeof path, "%s%s%s", prefix, *prefix != '\0' ? "." : "", at->key);
        if (size < 0 || (size_t)size >= sizeof path) {
            continue;
        }
        TIDE_TRY(tide_profile_field(profile, path, &field, err));
        if (at->kind == TIDE_JSON_NULL) {
            field->nulls++;
        } else if (at->kind == TIDE_JSON_ARRAY) {
            note_array(field, at);
        } else if (at->kind != TIDE_JSON_OBJECT) {
            TIDE_TRY(note_scalar(profile, field, at, err));
        } else {
            field->objects++;
            bool goes_on = field->mapped == NULL || field->is_object;
            TIDE_TRY(goes_on ? walk(profile, field->path, at, err) : TIDE_OK);
        }
    }
    return TIDE_OK;
}

tide_code tide_profile_add(tide_profile *profile, const tide_json_node *document, tide_error *err)
{
    if (document == NULL || document->kind != TIDE_JSON_OBJECT) {
        return TIDE_OK;
    }
    profile->row_count++;
    return walk(profile, "", document, err);
}

tide_code tide_profile_add_cell(tide_profile *profile, tide_init_field *field, tide_str text,
                                bool quoted, tide_error *err)
{
    char copy[64];
    if (text.size == 0 && !quoted) {
        field->nulls++;
        return TIDE_OK;
    }
    if (text.size < sizeof copy) {
        memcpy(copy, text.data, text.size);
        copy[text.size] = '\0';
        note_time(profile, field, (tide_str){copy, text.size});
        note_number_text(field, copy);
    }
    field->texts++;
    return note_value(field, text, err);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void tide_profile_finish(tide_profile *profile)
{
    for (size_t i = 0; i < profile->count; i++) {
        tide_init_field *field = profile->fields[i];
        if (field->hash_count > 0) {
            qsort(field->hashes, field->hash_count, sizeof field->hashes[0], compare_hashes);
        }
        field->distinct = field->hash_count > 0 ? 1 : 0;
        for (size_t k = 1; k < field->hash_count; k++) {
            field->distinct += field->hashes[k] != field->hashes[k - 1];
        }
    }
}
