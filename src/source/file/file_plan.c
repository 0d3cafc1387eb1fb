/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_glob.h"
#include "source/file/file_input.h"
#include "source/file/file_pinned.h"
#include "source/file/file_registry.h"

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
    return TIDE_FAIL(err, TIDE_E_NO_FILE,
                     "can't tell the format of %s by its name: set `format` of the source to "
                     "ndjson or csv",
                     name);
}

tide_code tide_file_is_ranged(const tide_file_source_options *options, const char *path,
                              const char *name, bool *is_ranged, tide_error *err)
{
    tide_file_format format;
    tide_compression compression;
    TIDE_TRY(tide_file_format_of(options, name, &format, err));
    TIDE_TRY(tide_file_compression(path, name, &compression, err));
    *is_ranged = format == TIDE_FILE_NDJSON && compression == TIDE_PLAIN;
    return TIDE_OK;
}

/* Where the bytes to be read end. */
static uint64_t end_of(const tide_found_file *file)
{
    return file->end != 0 ? file->end : file->byte_count;
}

static tide_code fill_members(tide_found_files *found, tide_source_plan *plan, tide_error *err)
{
    size_t count = 0;
    plan->members = tide_arena_alloc_zero(&plan->arena, found->count + 1, sizeof plan->members[0]);
    if (plan->members == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < found->count; i++) {
        const tide_found_file *file = &found->items[i];
        if (file->is_known) {
            continue;
        }
        plan->members[count] = (tide_member){
            .name = file->name,
            .identity = file->identity,
            .byte_count = end_of(file) - file->begin,
            .reason = file->reason,
            .mark = file->mark,
            .mark_sure = file->mark_sure,
            .current = file->current,
            .now = file->now,
            .begin = file->begin,
            .end = file->end,
            .known_bytes = file->known_bytes,
            .left_end = file->left_end,
            .left_horizon = file->left_horizon,
            .device = (uint64_t)file->device,
            .inode = (uint64_t)file->inode,
        };
        found->items[count++] = *file;
    }
    found->count = plan->member_count = count;
    return TIDE_OK;
}

/* How many ranges a file is read in. */
static tide_code count_splits(const tide_file_source_options *options, const tide_found_file *file,
                              uint64_t split_bytes, uint64_t *count, tide_error *err)
{
    bool is_ranged;
    uint64_t bytes = end_of(file) - file->begin;
    *count = 1;
    TIDE_TRY(tide_file_is_ranged(options, file->path, file->name, &is_ranged, err));
    if (is_ranged && bytes > 0) {
        *count = (bytes - 1) / split_bytes + 1;
    }
    return TIDE_OK;
}

static tide_code fill_split(tide_source_plan *plan, const tide_found_file *file, uint32_t member,
                            uint64_t begin, uint64_t end, tide_error *err)
{
    tide_split *split = &plan->splits[plan->split_count];
    bool whole = begin == 0 && end >= end_of(file);
    *split = (tide_split){
        .name = whole ? file->name
                      : tide_arena_format(&plan->arena, "%s bytes %" PRIu64 "-%" PRIu64, file->name,
                                          begin, end),
        .member = member,
        .stable = true,
        .byte_count = end - begin,
        .begin = begin,
        .end = whole && file->end == 0 ? UINT64_MAX : end,
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
    uint64_t end = end_of(file);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t begin = file->begin + i * split_bytes;
        bool last = i + 1 == count;
        TIDE_TRY(fill_split(plan, file, member, begin, last ? end : begin + split_bytes, err));
    }
    return TIDE_OK;
}

static tide_code fill_splits(const tide_file_source_options *options, const tide_found_files *found,
                             tide_source_plan *plan, tide_error *err)
{
    uint64_t split_bytes =
        options->split_bytes == 0 ? TIDE_FILE_SPLIT_BYTES_DEFAULT : options->split_bytes;
    uint64_t total = 0;
    uint64_t *counts = tide_arena_alloc_zero(&plan->arena, found->count + 1, sizeof counts[0]);
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
    plan->splits = tide_arena_alloc_zero(&plan->arena, total + 1, sizeof plan->splits[0]);
    if (plan->splits == NULL) {
        return TIDE_FAIL_MEMORY(err, "a plan of files");
    }
    for (size_t i = 0; i < found->count; i++) {
        TIDE_TRY(
            fill_file_splits(plan, &found->items[i], (uint32_t)i, counts[i], split_bytes, err));
    }
    return TIDE_OK;
}

static tide_code find_files(const tide_file_source_options *options,
                            const tide_plan_request *request, tide_found_files *found,
                            tide_source_plan *plan, tide_error *err)
{
    if (request != NULL && request->pinned != NULL) {
        return tide_file_find_pinned(options, request, found, plan, err);
    }
    TIDE_TRY(tide_file_glob(options, found, err));
    return request != NULL && request->keeps_registry
               ? tide_file_register(options, request, found, plan, err)
               : TIDE_OK;
}

tide_code tide_file_plan(const tide_file_source_options *options, const tide_plan_request *request,
                         tide_source_plan *plan, tide_error *err)
{
    tide_found_files found = {.arena = &plan->arena};
    tide_code code = find_files(options, request, &found, plan, err);
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
