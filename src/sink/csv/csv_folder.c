/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/csv/csv_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/problem.h"
#include "sink/csv/part_file.h"

static const char digits[] = "0123456789";

/* "part-<digits>-<digits>.csv", or ".part-<digits>-<digits>.<digits>.tmp". */
bool tide_csv_is_part(const char *name, bool temporary)
{
    const char *prefix = temporary ? ".part-" : "part-";
    if (strncmp(name, prefix, strlen(prefix)) != 0) {
        return false;
    }
    const char *at = name + strlen(prefix);
    at += strspn(at, digits);
    if (*at++ != '-') {
        return false;
    }
    at += strspn(at, digits);
    if (temporary) {
        if (*at++ != '.') {
            return false;
        }
        at += strspn(at, digits);
    }
    return strcmp(at, temporary ? ".tmp" : ".csv") == 0;
}

bool tide_csv_is_ours(const char *name)
{
    return tide_csv_is_part(name, false) || tide_csv_is_part(name, true);
}

static tide_code take_stranger(void *context, const char *name, tide_error *err)
{
    tide_csv_entry *stranger = context;
    (void)err;
    if (!tide_csv_is_ours(name)) {
        (void)snprintf(stranger->name, sizeof stranger->name, "%s", name);
    }
    return TIDE_OK;
}

tide_code tide_csv_find_stranger(const char *folder, tide_csv_entry *stranger, tide_error *err)
{
    stranger->name[0] = '\0';
    return tide_folder_visit(folder, take_stranger, stranger, err);
}

typedef struct part_search {
    int64_t run;
    int64_t last;
} part_search;

/* Of a row of digits; -1 when it is longer than any number that is ever given. */
static int64_t number_at(const char *at)
{
    return strspn(at, digits) > 18 ? -1 : strtoll(at, NULL, 10);
}

static tide_code look_at_part(void *context, const char *name, tide_error *err)
{
    part_search *search = context;
    (void)err;
    if (!tide_csv_is_ours(name)) {
        return TIDE_OK;
    }
    const char *run = strchr(name, '-') + 1;
    const char *part = strchr(run, '-') + 1;
    if (number_at(run) == search->run && number_at(part) > search->last) {
        search->last = number_at(part);
    }
    return TIDE_OK;
}

tide_code tide_csv_find_last_part(const char *folder, int64_t run, int64_t *part, tide_error *err)
{
    part_search search = {.run = run};
    tide_code code = tide_folder_visit(folder, look_at_part, &search, err);
    *part = search.last;
    return code;
}

typedef struct removal {
    const char *folder;
    bool temporaries_only;
} removal;

static tide_code remove_entry(void *context, const char *name, tide_error *err)
{
    const removal *of = context;
    if (!tide_csv_is_part(name, true) && (of->temporaries_only || !tide_csv_is_part(name, false))) {
        return TIDE_OK;
    }
    tide_text path;
    tide_text_init(&path);
    tide_text_append_format(&path, "%s/%s", of->folder, name);
    tide_code code = tide_text_failed(&path) ? TIDE_FAIL_MEMORY(err, "a path")
                                             : tide_path_remove(tide_text_c(&path), err);
    tide_text_clear(&path);
    return code;
}

tide_code tide_csv_remove_ours(const char *folder, tide_error *err)
{
    removal all = {.folder = folder};
    return tide_folder_visit(folder, remove_entry, &all, err);
}

tide_code tide_csv_remove_temporaries(const char *folder, tide_error *err)
{
    removal temporaries = {.folder = folder, .temporaries_only = true};
    return tide_folder_visit(folder, remove_entry, &temporaries, err);
}

tide_code tide_csv_remove_folder(const char *folder, tide_error *err)
{
    tide_csv_entry stranger;
    TIDE_TRY(tide_csv_find_stranger(folder, &stranger, err));
    if (stranger.name[0] != '\0') {
        return TIDE_FAIL(err, TIDE_E_TABLE_UNFIT,
                         "%s is to be removed, but holds %s, which is not Tidemill's: move it "
                         "elsewhere and run the same command again; nothing is lost",
                         folder, stranger.name);
    }
    TIDE_TRY(tide_csv_remove_ours(folder, err));
    return tide_folder_remove(folder, err);
}
