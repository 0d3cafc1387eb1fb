/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "source/file/file_glob.h"
#include "source/file/file_input.h"

static bool ends_with(const char *text, size_t size, const char *suffix)
{
    size_t suffix_size = strlen(suffix);
    return size >= suffix_size && memcmp(text + size - suffix_size, suffix, suffix_size) == 0;
}

tide_code tide_file_format_of(const tide_file_source_options *options, const char *name,
                              tide_file_format *format, tide_error *err)
{
    static const char *const packed[] = {".gz", ".zst", ".zstd"};
    static const char *const ndjson[] = {".ndjson", ".jsonl", ".json"};
    size_t size = strlen(name);
    *format = options->format;
    if (*format != TIDE_FILE_BY_SUFFIX) {
        return TIDE_OK;
    }
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        size -= ends_with(name, size, packed[i]) ? strlen(packed[i]) : 0;
    }
    for (size_t i = 0; i < sizeof ndjson / sizeof ndjson[0]; i++) {
        if (ends_with(name, size, ndjson[i])) {
            *format = TIDE_FILE_NDJSON;
            return TIDE_OK;
        }
    }
    if (ends_with(name, size, ".csv")) {
        *format = TIDE_FILE_CSV;
        return TIDE_OK;
    }
    return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                     "can't tell the format of %s by its name: set `format` of the source to "
                     "ndjson or csv",
                     name);
}

static tide_code fill_members(const tide_found_files *found, tide_source_plan *plan,
                              tide_error *err)
{
    plan->members = tide_arena_alloc_zero(&plan->arena, found->count, sizeof plan->members[0]);
    if (plan->members == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < found->count; i++) {
        plan->members[i] = (tide_member){
            .name = found->items[i].name,
            .identity = found->items[i].identity,
            .byte_count = found->items[i].byte_count,
        };
    }
    plan->member_count = found->count;
    return TIDE_OK;
}

/* Exactly the pinned files, in the order of their names; each must be what it was. */
static tide_code look_at_pinned(const tide_file_source_options *options, const tide_member *pinned,
                                size_t count, tide_found_files *found, tide_error *err)
{
    void *items = NULL;
    TIDE_TRY(tide_grow(&items, &found->capacity, count, sizeof found->items[0], err));
    found->items = items;
    for (size_t i = 0; i < count; i++) {
        tide_found_file *file = &found->items[i];
        TIDE_TRY(tide_file_look(found->arena, options->directory, pinned[i].name, file, err));
        if (strcmp(file->identity, pinned[i].identity) != 0) {
            return TIDE_FAIL(err, TIDE_BAD_DATA,
                             "the file %s has changed since the run was planned (size:mtime was "
                             "%s, is %s)",
                             pinned[i].name, pinned[i].identity, file->identity);
        }
        found->count++;
    }
    return TIDE_OK;
}

/* How many ranges a file is read in. */
static tide_code count_splits(const tide_file_source_options *options, const tide_found_file *file,
                              uint64_t split_bytes, uint64_t *count, tide_error *err)
{
    tide_file_format format;
    tide_compression compression;
    *count = 1;
    TIDE_TRY(tide_file_format_of(options, file->name, &format, err));
    TIDE_TRY(tide_file_compression(file->path, file->name, &compression, err));
    if (format == TIDE_FILE_NDJSON && compression == TIDE_PLAIN && file->byte_count > 0) {
        *count = (file->byte_count - 1) / split_bytes + 1;
    }
    return TIDE_OK;
}

static tide_code fill_split(tide_source_plan *plan, const tide_found_file *file, uint32_t member,
                            uint64_t begin, uint64_t end, tide_error *err)
{
    tide_split *split = &plan->splits[plan->split_count];
    bool whole = begin == 0 && end >= file->byte_count;
    *split = (tide_split){
        .name = whole ? file->name
                      : tide_arena_format(&plan->arena, "%s bytes %" PRIu64 "-%" PRIu64, file->name,
                                          begin, end),
        .member = member,
        .stable = true,
        .byte_count = end - begin,
        .begin = begin,
        .end = whole ? UINT64_MAX : end,
    };
    if (split->name == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    plan->split_count++;
    return TIDE_OK;
}

static tide_code fill_file_splits(tide_source_plan *plan, const tide_found_file *file,
                                  uint32_t member, uint64_t count, uint64_t split_bytes,
                                  tide_error *err)
{
    if (count == 1) {
        return fill_split(plan, file, member, 0, file->byte_count, err);
    }
    for (uint64_t i = 0; i < count; i++) {
        uint64_t begin = i * split_bytes;
        uint64_t rest = file->byte_count - begin;
        uint64_t end = rest < split_bytes ? file->byte_count : begin + split_bytes;
        TIDE_TRY(fill_split(plan, file, member, begin, end, err));
    }
    return TIDE_OK;
}

static tide_code fill_splits(const tide_file_source_options *options, const tide_found_files *found,
                             tide_source_plan *plan, tide_error *err)
{
    uint64_t split_bytes =
        options->split_bytes == 0 ? TIDE_FILE_SPLIT_BYTES_DEFAULT : options->split_bytes;
    uint64_t total = 0;
    uint64_t *counts = tide_arena_alloc_zero(&plan->arena, found->count, sizeof counts[0]);
    if (counts == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < found->count; i++) {
        TIDE_TRY(count_splits(options, &found->items[i], split_bytes, &counts[i], err));
        total += counts[i];
    }
    if (total > UINT32_MAX) {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG,
                         "`split_bytes` is too small: the files would make %" PRIu64 " splits",
                         total);
    }
    plan->splits = tide_arena_alloc_zero(&plan->arena, total, sizeof plan->splits[0]);
    if (plan->splits == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < found->count; i++) {
        TIDE_TRY(
            fill_file_splits(plan, &found->items[i], (uint32_t)i, counts[i], split_bytes, err));
    }
    return TIDE_OK;
}

tide_code tide_file_plan(const tide_file_source_options *options, const tide_member *pinned,
                         size_t pinned_count, tide_source_plan *plan, tide_error *err)
{
    tide_found_files found = {.arena = &plan->arena};
    tide_code code = pinned == NULL ? tide_file_glob(options, &found, err)
                                    : look_at_pinned(options, pinned, pinned_count, &found, err);
    if (code == TIDE_OK) {
        code = fill_members(&found, plan, err);
    }
    if (code == TIDE_OK) {
        code = fill_splits(options, &found, plan, err);
    }
    tide_free(found.items);
    plan->server = "";
    plan->estimates_exact = false;
    return code;
}
