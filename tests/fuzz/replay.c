/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files of a directory, each also cut at every byte. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

/* In memory of the exact size, so that a sanitizer sees a step beyond. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *path)
{
    static uint8_t data[1 << 16];
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file != NULL);
    size_t size = fread(data, 1, sizeof data, file);
    (void)fclose(file);
    for (size_t cut = 0; cut <= size; cut++) {
        run(data, cut);
    }
}

int main(int argc, char **argv)
{
    int count = 0;
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    if (directory == NULL) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        char path[4096];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
            run_file(path);
            count++;
        }
    }
    (void)closedir(directory);
    printf("%d files\n", count);
    return count == 0 ? 1 : 0;
}
