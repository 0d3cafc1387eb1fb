/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file/file_glob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/problem.h"
#include "source/file/file_input.h"
#include "source/file/file_match.h"
#include "source/file/file_plan.h"

/* Names are relative to the directory, and "./a" is a. */
static const char *name_of(const char *path, const char *directory, const char *pattern)
{
    size_t size = directory == NULL ? 0 : strlen(directory);
    if (pattern[0] != '/' && size > 0) {
        path += size;
        path += *path == '/' ? 1 : 0;
    }
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/') {
            path++;
        }
    }
    return path;
}

char *tide_file_path(tide_arena *arena, const char *directory, const char *name)
{
    if (name[0] == '/' || directory == NULL || directory[0] == '\0') {
        return tide_arena_copy_string(arena, name);
    }
    const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
    return tide_arena_format(arena, "%s%s%s", directory, slash, name);
}

static tide_code fill(tide_arena *arena, const struct stat *status, tide_found_file *file,
                      tide_error *err)
{
    char identity[TIDE_FILE_IDENTITY_BYTES];
    tide_file_identity(status, identity);
    file->device = status->st_dev;
    file->inode = status->st_ino;
    file->byte_count = (uint64_t)status->st_size;
    file->identity = tide_arena_copy_string(arena, identity);
    return file->identity == NULL ? TIDE_FAIL_MEMORY(err, "a list of files") : TIDE_OK;
}

tide_code tide_file_look(tide_arena *arena, const char *directory, const char *name,
                         tide_found_file *file, tide_error *err)
{
    struct stat status;
    *file = (tide_found_file){.name = tide_arena_copy_string(arena, name),
                              .path = tide_file_path(arena, directory, name)};
    if (file->name == NULL || file->path == NULL) {
        return TIDE_FAIL_MEMORY(err, "a list of files");
    }
    /* It is the position of rejects and the value of `_file`: texts, that databases check. */
    if (!tide_utf8_valid(tide_str_of(name))) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "the name of the file %s is not UTF-8: rename it",
                         name);
    }
    if (stat(file->path, &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return TIDE_FAIL(err, TIDE_E_INPUT_CHANGED, "the file %s is gone", name);
        }
        return TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't look at the file %s", name);
    }
    if (!S_ISREG(status.st_mode)) {
        return TIDE_FAIL(err, TIDE_BAD_DATA, "%s is not a regular file", name);
    }
    return fill(arena, &status, file, err);
}

static tide_code add_match(const tide_file_source_options *options, const char *pattern,
                           const char *path, bool is_wild, tide_found_files *found, tide_error *err)
{
    struct stat status;
    /* A pattern's * also meets directories; one that was written out is meant. */
    if (is_wild && stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return TIDE_OK;
    }
    void *items = found->items;
    TIDE_TRY(tide_grow(&items, &found->capacity, found->count + 1, sizeof found->items[0], err));
    found->items = items;
    TIDE_TRY(tide_file_look(found->arena, options->directory,
                            name_of(path, options->directory, pattern), &found->items[found->count],
                            err));
    found->count++;
    return TIDE_OK;
}

static tide_code add_matches(const tide_file_source_options *options, const char *pattern,
                             const tide_path_list *matches, tide_found_files *found,
                             tide_error *err)
{
    bool is_wild = tide_file_is_wild(pattern);
    size_t before = found->count;
    for (size_t i = 0; i < matches->count; i++) {
        TIDE_TRY(add_match(options, pattern, matches->items[i], is_wild, found, err));
    }
    if (found->count == before && !options->allow_empty) {
        return TIDE_FAIL(err, TIDE_E_NO_FILE,
                         "no file matches %s (in %s); `allow_empty: true` would take none", pattern,
                         options->directory == NULL ? "." : options->directory);
    }
    return TIDE_OK;
}

static tide_code glob_one(const tide_file_source_options *options, const char *pattern,
                          tide_found_files *found, tide_error *err)
{
    tide_arena paths;
    tide_path_list matches = {0};
    tide_arena_init(&paths);
    tide_code code = tide_file_match(&paths, options->directory, pattern, &matches, err);
    if (code == TIDE_OK) {
        code = add_matches(options, pattern, &matches, found, err);
    } else if (code == TIDE_IO) {
        code = tide_error_context(err, "files: %s", pattern);
    }
    tide_path_list_clear(&matches);
    tide_arena_clear(&paths);
    return code;
}

static int compare_names(const void *a, const void *b)
{
    const tide_found_file *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int compare_files(const void *a, const void *b)
{
    const tide_found_file *left = a, *right = b;
    if (left->device != right->device) {
        return left->device < right->device ? -1 : 1;
    }
    if (left->inode != right->inode) {
        return left->inode < right->inode ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static void drop_doubles(tide_found_files *found)
{
    size_t kept = 0;
    if (found->count == 0) {
        return;
    }
    qsort(found->items, found->count, sizeof found->items[0], compare_files);
    for (size_t i = 1; i < found->count; i++) {
        const tide_found_file *file = &found->items[i], *last = &found->items[kept];
        if (file->device != last->device || file->inode != last->inode) {
            found->items[++kept] = *file;
        }
    }
    found->count = kept + 1;
    qsort(found->items, found->count, sizeof found->items[0], compare_names);
}

tide_code tide_file_glob(const tide_file_source_options *options, tide_found_files *found,
                         tide_error *err)
{
    for (size_t i = 0; i < options->pattern_count; i++) {
        TIDE_TRY(glob_one(options, options->patterns[i], found, err));
    }
    drop_doubles(found);
    return TIDE_OK;
}
