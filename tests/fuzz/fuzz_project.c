/* SPDX-License-Identifier: Apache-2.0 */
/* A project file is refused with places that it has, each with a sentence, or all its pipelines are
 * bound, or refused likewise: the same way each time, whatever comments are added. Its YAML,
 * printed as JSON, is read again as the same tree. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "run/pipeline.h"

#define TEXT_MAX (1u << 14)

/* A directory with nothing in it but a link to a file in memory, overwritten by each input: project
 * files may name others. */
static struct {
    char directory[32];
    char path[64];
    int fd;
} place = {.fd = -1};

static void remove_place(void)
{
    (void)unlink(place.path);
    (void)rmdir(place.directory);
}

static void open_place(void)
{
    char target[40];
    (void)snprintf(place.directory, sizeof place.directory, "/tmp/fuzz_project.XXXXXX");
    FUZZ_CHECK(mkdtemp(place.directory) != NULL);
    (void)snprintf(place.path, sizeof place.path, "%s/p.yaml", place.directory);
    place.fd = memfd_create("project", MFD_CLOEXEC);
    (void)snprintf(target, sizeof target, "/proc/self/fd/%d", place.fd);
    FUZZ_CHECK(place.fd >= 0 && symlink(target, place.path) == 0);
    FUZZ_CHECK(setenv("FUZZ", "12 # {", 1) == 0);
    (void)atexit(remove_place);
}

static void write_file(const void *text, size_t size)
{
    FUZZ_CHECK(ftruncate(place.fd, (off_t)size) == 0);
    FUZZ_CHECK(pwrite(place.fd, text, size, 0) == (ssize_t)size);
}

typedef struct outcome {
    tide_code code;
    size_t finding_count;
    uint64_t fingerprints;
} outcome;

static void check_findings(const tide_diagnostics *found, int line_count)
{
    for (size_t i = 0; i < found->count; i++) {
        const tide_diagnostic *one = &found->items[i];
        FUZZ_CHECK(one->message != NULL && one->message[0] != '\0');
        FUZZ_CHECK(one->mark.line >= 0 && one->mark.line <= line_count + 1);
        FUZZ_CHECK(one->mark.column >= 0 && one->mark.column <= (int)TEXT_MAX + 1);
    }
}

static void bind_all(const tide_project *project, int line_count, outcome *out)
{
    for (size_t i = 0; i < project->pipeline_count; i++) {
        tide_pipeline pipeline;
        tide_diagnostics found;
        tide_error err;
        tide_diagnostics_init(&found, project->path);
        tide_code code =
            tide_pipeline_bind(&pipeline, project, &project->pipelines[i], &found, &err);
        FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_CONFIG);
        FUZZ_CHECK((code == TIDE_OK) == (found.count == 0));
        check_findings(&found, line_count);
        out->finding_count += found.count;
        for (const char *c = pipeline.fingerprint; code == TIDE_OK && *c != '\0'; c++) {
            out->fingerprints = out->fingerprints * 31 + (unsigned char)*c;
        }
        tide_pipeline_clear(&pipeline);
        tide_diagnostics_clear(&found);
    }
}

static outcome load(int line_count)
{
    outcome out = {.code = TIDE_OK};
    tide_project project;
    tide_diagnostics found;
    tide_error err;
    tide_diagnostics_init(&found, place.path);
    out.code = tide_project_load(&project, place.path, &found, &err);
    FUZZ_CHECK(out.code == TIDE_OK || out.code == TIDE_BAD_CONFIG);
    FUZZ_CHECK(out.code == TIDE_OK || err.message[0] != '\0');
    check_findings(&found, line_count);
    out.finding_count = found.count;
    if (out.code == TIDE_OK) {
        bind_all(&project, line_count, &out);
    }
    tide_project_clear(&project);
    tide_diagnostics_clear(&found);
    return out;
}

static int count_lines(const uint8_t *data, size_t size)
{
    int count = 1;
    for (size_t i = 0; i < size; i++) {
        /* What YAML takes for the end of a line; a few more do no harm. */
        count += data[i] == '\n' || data[i] == '\r' || data[i] == 0x85 || data[i] == 0xA8 ||
                 data[i] == 0xA9;
    }
    return count;
}

static void check_load(const uint8_t *data, size_t size, bool twice)
{
    static char commented[TEXT_MAX + 64];
    int line_count = count_lines(data, size);
    write_file(data, size);
    outcome first = load(line_count);
    if (first.code != TIDE_OK || !twice) {
        return;
    }
    int begin = snprintf(commented, sizeof commented, "# a comment\n\n");
    memcpy(commented + begin, data, size);
    write_file(commented, (size_t)begin + size);
    outcome again = load(line_count + 2);
    FUZZ_CHECK(again.code == TIDE_OK && again.finding_count == first.finding_count);
    FUZZ_CHECK(again.fingerprints == first.fingerprints);
}

static void check_yaml(const uint8_t *data, size_t size)
{
    tide_arena arena;
    tide_error err;
    tide_text json, again;
    const tide_yaml *root = NULL;
    tide_arena_init(&arena);
    tide_text_init(&json);
    tide_text_init(&again);
    tide_code code =
        tide_yaml_parse((tide_str){(const char *)data, size}, "p.yaml", &arena, &root, &err);
    FUZZ_CHECK(code == TIDE_OK || code == TIDE_BAD_CONFIG);
    FUZZ_CHECK(code == TIDE_OK || strncmp(err.message, "p.yaml:", 7) == 0);
    if (code == TIDE_OK && root != NULL) {
        tide_yaml_print_json(root, &json);
        tide_str text = {tide_text_c(&json), json.size};
        FUZZ_CHECK(tide_utf8_valid(text));
        FUZZ_CHECK(tide_yaml_parse(text, "json", &arena, &root, &err) == TIDE_OK);
        tide_yaml_print_json(root, &again);
        FUZZ_CHECK(strcmp(tide_text_c(&json), tide_text_c(&again)) == 0);
    }
    tide_text_clear(&json);
    tide_text_clear(&again);
    tide_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > TEXT_MAX) {
        return 0;
    }
    if (place.fd < 0) {
        open_place();
    }
    /* The first byte of a project file is hardly ever one of these. */
    if (data[0] == '!') {
        check_yaml(data + 1, size - 1);
    } else {
        check_load(data, size, size % 4 == 0);
    }
    return 0;
}
