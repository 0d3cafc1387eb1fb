/* SPDX-License-Identifier: Apache-2.0 */
/* Name by name of the pattern, all paths that match so far are followed by what matches next:
 *
 *     pattern  in/2024-*\/?.csv        paths   in/
 *                                              in/2024-01/  in/2024-02/
 *                                              in/2024-01/a.csv  in/2024-02/a.csv  in/2024-02/b.csv
 */
#include "source/file/file_match.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

static const char list_of_files[] = "a list of files";

/* A name of the pattern, with the slash that follows it unless it is the last. */
typedef struct name_step {
    tide_arena *arena;
    const char *name;
    bool is_last;
} name_step;

void tide_path_list_clear(tide_path_list *list)
{
    void *items = list->items;
    tide_free(items);
    *list = (tide_path_list){0};
}

static tide_code add(tide_path_list *list, const char *path, tide_error *err)
{
    void *items = list->items;
    if (path == NULL) {
        return TIDE_FAIL_MEMORY(err, list_of_files);
    }
    TIDE_TRY(tide_grow(&items, &list->capacity, list->count + 1, sizeof list->items[0], err));
    list->items = items;
    list->items[list->count++] = path;
    return TIDE_OK;
}

bool tide_file_is_wild(const char *pattern)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (strchr("*?[", *c) != NULL) {
            return true;
        }
        if (*c == '\\' && c[1] != '\0') {
            c++;
        }
    }
    return false;
}

static bool is_absence(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

static tide_code fail_at(const char *path, int error, tide_error *err)
{
    return error == ENOMEM ? TIDE_FAIL_MEMORY(err, list_of_files)
                           : TIDE_FAIL_ERRNO(err, TIDE_IO, error, "can't read the directory %s",
                                             path[0] == '\0' ? "." : path);
}

static char *follow(const name_step *step, const char *path, const char *name)
{
    return tide_arena_format(step->arena, "%s%s%s", path, name, step->is_last ? "" : "/");
}

static tide_code add_entry(const name_step *step, const char *path, const char *entry,
                           tide_path_list *found, tide_error *err)
{
    int result = fnmatch(step->name, entry, FNM_PERIOD);
    if (result == FNM_NOMATCH) {
        return TIDE_OK;
    }
    return result == 0 ? add(found, follow(step, path, entry), err)
                       : TIDE_FAIL_MEMORY(err, list_of_files);
}

/* All that a directory holds and the name matches. */
static tide_code match_entries(const name_step *step, const char *path, tide_path_list *found,
                               tide_error *err)
{
    DIR *directory = opendir(path[0] == '\0' ? "." : path);
    if (directory == NULL) {
        return is_absence(errno) ? TIDE_OK : fail_at(path, errno, err);
    }
    tide_code code = TIDE_OK;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);  // NOLINT(concurrency-mt-unsafe): our own
        if (entry == NULL || code != TIDE_OK) {
            break;
        }
        code = add_entry(step, path, entry->d_name, found, err);
    }
    if (code == TIDE_OK && errno != 0) {
        code = fail_at(path, errno, err);
    }
    (void)closedir(directory);
    return code;
}

static void remove_backslashes(char *name)
{
    char *to = name;
    for (const char *from = name; *from != '\0'; from++) {
        from += *from == '\\' && from[1] != '\0' ? 1 : 0;
        *to++ = *from;
    }
    *to = '\0';
}

/* A name that is spelled out: whether it is there matters where the pattern ends. */
static tide_code match_name(const name_step *step, const char *path, tide_path_list *found,
                            tide_error *err)
{
    struct stat status;
    char *name = tide_arena_copy_string(step->arena, step->name);
    if (name == NULL) {
        return TIDE_FAIL_MEMORY(err, list_of_files);
    }
    remove_backslashes(name);
    const char *next = follow(step, path, name);
    if (next != NULL && step->is_last && lstat(next, &status) != 0) {
        return is_absence(errno) ? TIDE_OK
                                 : TIDE_FAIL_ERRNO(err, TIDE_IO, errno, "can't look at %s", next);
    }
    return add(found, next, err);
}

static tide_code take_step(const name_step *step, const tide_path_list *paths,
                           tide_path_list *found, tide_error *err)
{
    bool is_wild = tide_file_is_wild(step->name);
    for (size_t i = 0; i < paths->count; i++) {
        TIDE_TRY(is_wild ? match_entries(step, paths->items[i], found, err)
                         : match_name(step, paths->items[i], found, err));
    }
    return TIDE_OK;
}

/* Where the pattern starts: the directory, or nothing. */
static tide_code begin(tide_arena *arena, const char *directory, const char *pattern,
                       tide_path_list *paths, tide_error *err)
{
    if (pattern[0] == '/' || directory == NULL || directory[0] == '\0') {
        return add(paths, "", err);
    }
    const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
    return add(paths, tide_arena_format(arena, "%s%s", directory, slash), err);
}

static tide_code take_steps(tide_arena *arena, char *pattern, tide_path_list *paths,
                            tide_error *err)
{
    tide_code code = TIDE_OK;
    char *slash;
    do {
        slash = strchr(pattern, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        name_step step = {.arena = arena, .name = pattern, .is_last = slash == NULL};
        tide_path_list next = {0};
        code = take_step(&step, paths, &next, err);
        tide_path_list_clear(paths);
        *paths = next;
        pattern = slash == NULL ? pattern : slash + 1;
    } while (code == TIDE_OK && slash != NULL);
    return code;
}

tide_code tide_file_match(tide_arena *arena, const char *directory, const char *pattern,
                          tide_path_list *found, tide_error *err)
{
    tide_path_list paths = {0};
    char *names = tide_arena_copy_string(arena, pattern);
    if (names == NULL) {
        return TIDE_FAIL_MEMORY(err, list_of_files);
    }
    tide_code code = begin(arena, directory, pattern, &paths, err);
    if (code == TIDE_OK) {
        code = take_steps(arena, names, &paths, err);
    }
    for (size_t i = 0; code == TIDE_OK && i < paths.count; i++) {
        code = add(found, paths.items[i], err);
    }
    tide_path_list_clear(&paths);
    return code;
}
