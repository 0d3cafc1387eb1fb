/* SPDX-License-Identifier: Apache-2.0 */
/* tidemill init */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/problem.h"
#include "cli/command.h"
#include "cli/init_secrets.h"
#include "run/init/init.h"
#include "run/yaml.h"

#define SAMPLE_ROWS_DEFAULT 1000
#define SAMPLE_ROWS_MAX 10000

#define NO_SECRETS "secrets do not go into the project file: "

static const char help[] =
    "usage: tidemill init --elasticsearch URL --index PATTERN [OPTION...]\n"
    "       tidemill init --files PATTERN [OPTION...]\n"
    "\n"
    "Writes a project file: one pipeline for each index that the pattern matches, or for each "
    "kind\n"
    "of file, with columns typed by the mapping and a sample. Indices and files that differ only "
    "in\n"
    "a date or a number share one. Each guess is explained in the file.\n"
    "\n"
    "      --elasticsearch URL   Elasticsearch or OpenSearch\n"
    "      --index PATTERN       e.g. 'promo-*' or 'a-*,-a-old'; may be given often\n"
    "      --user USER           of the search server\n"
    "      --password VARIABLE   of the environment, as '${ES_PASSWORD}'\n"
    "      --api-key VARIABLE    likewise\n"
    "      --ca-file FILE        certificates (PEM)\n"
    "      --files PATTERN       NDJSON and CSV, plain, gzip or zstd; may be given often\n"
    "      --postgres CONNINFO   where rows shall go; a password as '${DWH_PASSWORD}'\n"
    "      --sqlite PATH         where rows shall go (tidemill.sqlite)\n"
    "      --csv DIRECTORY       where rows shall go\n"
    "      --sample N            documents or records looked at for each pipeline (1000)\n"
    "  -f, --file FILE           what to write (tidemill.yaml)\n"
    "      --output FILE         the same; - is standard output\n"
    "      --force               overwrite it\n"
    "      --json                say what was written as a line of JSON\n"
    "\n"
    "examples:\n"
    "  tidemill init --elasticsearch http://localhost:9200 --index 'promo-*'\n"
    "  tidemill init --elasticsearch https://es:9200 --index '*' --user reader \\\n"
    "      --password '${ES_PASSWORD}' --postgres 'host=db dbname=dwh'\n"
    "  tidemill init --files 'in/*.ndjson.gz' --csv out --output -\n";

enum {
    OPTION_ELASTICSEARCH = 256,
    OPTION_INDEX,
    OPTION_FILES,
    OPTION_USER,
    OPTION_PASSWORD,
    OPTION_API_KEY,
    OPTION_CA_FILE,
    OPTION_POSTGRES,
    OPTION_SQLITE,
    OPTION_CSV,
    OPTION_SAMPLE,
    OPTION_OUTPUT,
    OPTION_FORCE
};

static const struct option options[] = {
    TIDE_CLI_OPTIONS,
    {"elasticsearch", required_argument, NULL, OPTION_ELASTICSEARCH},
    {"index", required_argument, NULL, OPTION_INDEX},
    {"files", required_argument, NULL, OPTION_FILES},
    {"user", required_argument, NULL, OPTION_USER},
    {"password", required_argument, NULL, OPTION_PASSWORD},
    {"api-key", required_argument, NULL, OPTION_API_KEY},
    {"ca-file", required_argument, NULL, OPTION_CA_FILE},
    {"postgres", required_argument, NULL, OPTION_POSTGRES},
    {"sqlite", required_argument, NULL, OPTION_SQLITE},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"sample", required_argument, NULL, OPTION_SAMPLE},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"force", no_argument, NULL, OPTION_FORCE},
    {0},
};

typedef struct init_call {
    tide_cli *cli;
    tide_init_options init;
    const char **indices, **files; /* owned; room for all arguments */
    size_t index_count, file_count;
    tide_arena arena;
    bool overwrites;
} init_call;

/* "a-*,-a-old" is two patterns, the way the server's own paths have it. */
static const char *add_indices(init_call *call, const char *words)
{
    char *copy = tide_arena_copy_string(&call->arena, words);
    char *rest = NULL;
    for (char *word = copy == NULL ? NULL : strtok_r(copy, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        if (call->index_count >= 256) {
            return "--index takes at most 256 patterns";
        }
        call->indices[call->index_count++] = word;
    }
    return NULL;
}

static const char *set_sink(init_call *call, const char *kind)
{
    if (call->init.sink_kind != NULL) {
        return "rows go to one place: --postgres, --sqlite or --csv";
    }
    call->init.sink_kind = kind;
    call->init.sink_place = optarg;
    return NULL;
}

static const char *set_secret(const char **secret)
{
    *secret = optarg;
    return tide_init_is_variable(optarg) ? NULL
                                         : NO_SECRETS
               "name a variable of the environment, e.g. "
               "--password '${ES_PASSWORD}'";
}

static const char *set_elasticsearch(init_call *call)
{
    call->init.elasticsearch = optarg;
    return tide_init_url_has_secret(optarg) ? NO_SECRETS "give --user and --password" : NULL;
}

static const char *set_postgres(init_call *call)
{
    return tide_init_conninfo_has_secret(optarg) ? NO_SECRETS
               "name a variable of the environment, e.g. "
               "--postgres 'host=db user=loader password=${DWH_PASSWORD}'"
                                                 : set_sink(call, "postgres");
}

static const char *read_sample(init_call *call)
{
    int64_t count = 0;
    if (!tide_parse_count_option(optarg, &count) || count < 1 || count > SAMPLE_ROWS_MAX) {
        return "--sample takes a number from 1 to 10000";
    }
    call->init.rows_max = (unsigned)count;
    return NULL;
}

/* NULL when the option was understood, else what is wrong with it. */
static const char *read_option(init_call *call, int option)
{
    tide_init_options *init = &call->init;
    switch (option) {
        case OPTION_ELASTICSEARCH:
            return set_elasticsearch(call);
        case OPTION_INDEX:
            return add_indices(call, optarg);
        case OPTION_FILES:
            call->files[call->file_count++] = optarg;
            return NULL;
        case OPTION_USER:
            init->user = optarg;
            return NULL;
        case OPTION_PASSWORD:
            return set_secret(&init->password);
        case OPTION_API_KEY:
            return set_secret(&init->api_key);
        case OPTION_CA_FILE:
            init->ca_file = optarg;
            return NULL;
        case OPTION_POSTGRES:
            return set_postgres(call);
        case OPTION_SQLITE:
            return set_sink(call, "sqlite");
        case OPTION_CSV:
            return set_sink(call, "csv");
        case OPTION_SAMPLE:
            return read_sample(call);
        case OPTION_OUTPUT:
            call->cli->project_path = optarg;
            return NULL;
        default:
            call->overwrites = true;
            return NULL;
    }
}

static const char *find_misuse(const init_call *call)
{
    bool by_index = call->init.elasticsearch != NULL;
    if (by_index && call->index_count == 0) {
        return "--elasticsearch needs --index, e.g. --index 'promo-*'";
    }
    if (!by_index && call->index_count > 0) {
        return "--index needs --elasticsearch URL";
    }
    if (by_index == (call->file_count > 0)) {
        return by_index ? "either --elasticsearch or --files: two project files, or edit one"
                        : "what is there to read? Give --elasticsearch URL and --index, or --files";
    }
    return NULL;
}

static bool is_standard_output(const init_call *call)
{
    return strcmp(call->cli->project_path, "-") == 0;
}

/* Paths start from where the project file will lie. */
static void set_directory(init_call *call)
{
    const char *path = call->cli->project_path;
    const char *slash = strrchr(path, '/');
    if (slash != NULL && !is_standard_output(call)) {
        size_t size = slash == path ? 1 : (size_t)(slash - path);
        call->init.directory = tide_arena_copy_str(&call->arena, (tide_str){path, size});
    }
}

static tide_code write_file(const init_call *call, const tide_text *yaml, tide_error *err)
{
    const char *path = call->cli->project_path;
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (call->overwrites ? O_TRUNC : O_EXCL);
    int file = open(path, flags, 0644);
    if (file < 0 && errno == EEXIST) {
        return TIDE_FAIL(err, TIDE_E_USAGE,
                         "%s is there already: --force overwrites it, --output FILE writes another "
                         "one, --output - prints",
                         path);
    }
    size_t at = 0;
    while (file >= 0 && at < yaml->size) {
        ssize_t written = write(file, yaml->data + at, yaml->size - at);
        if (written < 0 && errno != EINTR) {
            break;
        }
        at += written > 0 ? (size_t)written : 0;
    }
    int failure = file < 0 || at < yaml->size ? errno : 0;
    if (file >= 0 && close(file) != 0 && failure == 0) {
        failure = errno;
    }
    return failure == 0 ? TIDE_OK : TIDE_FAIL_ERRNO(err, TIDE_IO, failure, "can't write %s", path);
}

static void tell(const init_call *call, const tide_init_result *result)
{
    const char *path = call->cli->project_path;
    bool usual = strcmp(path, "tidemill.yaml") == 0;
    if (is_standard_output(call)) {
        return;
    }
    if (call->cli->json) {
        tide_text json;
        tide_text_init(&json);
        tide_text_append(&json, "{\"file\":");
        tide_text_append_json_string(&json, tide_str_of(path));
        tide_text_append_format(&json, ",\"pipelines\":%zu,\"columns\":%zu,\"left_out\":%zu}",
                                result->pipeline_count, result->column_count,
                                result->left_out_count);
        tide_cli_print_json(&json);
        tide_text_clear(&json);
        return;
    }
    (void)printf("%s: %zu pipelines, %zu columns; %zu fields left out, with the reason\n", path,
                 result->pipeline_count, result->column_count, result->left_out_count);
    (void)printf("  next      tidemill check%s%s\n", usual ? "" : " -f ", usual ? "" : path);
}

static tide_code make(init_call *call, tide_init_result *result, tide_error *err)
{
    const char *path = call->cli->project_path;
    if (!is_standard_output(call) && !call->overwrites && access(path, F_OK) == 0) {
        return write_file(call, &result->yaml, err); /* says that it is there, before any work */
    }
    TIDE_TRY(tide_init_project(&call->init, result, err));
    if (result->pipeline_count == 0) {
        return TIDE_FAIL(err, TIDE_E_USAGE, "nothing was found that a pipeline could read");
    }
    if (is_standard_output(call)) {
        (void)fputs(tide_text_c(&result->yaml), stdout);
        return TIDE_OK;
    }
    return write_file(call, &result->yaml, err);
}

static int run_init(init_call *call)
{
    tide_error err;
    tide_init_result result = {0};
    tide_error_clear(&err);
    bool by_index = call->init.elasticsearch != NULL;
    call->init.patterns = by_index ? call->indices : call->files;
    call->init.pattern_count = by_index ? call->index_count : call->file_count;
    if (call->init.sink_kind == NULL) {
        call->init.sink_kind = "sqlite";
        call->init.sink_place = "tidemill.sqlite";
    }
    set_directory(call);
    tide_code code = make(call, &result, &err);
    if (code == TIDE_OK) {
        tell(call, &result);
    }
    tide_init_result_clear(&result);
    return code == TIDE_OK ? TIDE_EXIT_OK : tide_cli_fail(call->cli, &err);
}

static int read_and_run(init_call *call, int argc, char **argv)
{
    int exit_code = TIDE_EXIT_OK;
    int option;
    while ((option = getopt_long(argc, argv, "f:h", options, NULL)) != -1) {
        if (option < OPTION_ELASTICSEARCH) {
            if (!tide_cli_option(call->cli, &tide_command_init, option, &exit_code)) {
                return exit_code;
            }
            continue;
        }
        const char *wrong = read_option(call, option);
        if (wrong != NULL) {
            return tide_cli_usage(call->cli, &tide_command_init, "%s", wrong);
        }
    }
    const char *wrong =
        optind < argc ? "patterns go behind --index or --files, in quotes" : find_misuse(call);
    return wrong != NULL ? tide_cli_usage(call->cli, &tide_command_init, "%s", wrong)
                         : run_init(call);
}

static int run(tide_cli *cli, int argc, char **argv)
{
    init_call call = {.cli = cli, .init = {.rows_max = SAMPLE_ROWS_DEFAULT, .cancel = cli->cancel}};
    int exit_code;
    tide_arena_init(&call.arena);
    call.indices = tide_alloc_zero(256, sizeof *call.indices);
    call.files = tide_alloc_zero((size_t)argc + 1, sizeof *call.files);
    if (call.indices == NULL || call.files == NULL) {
        exit_code = tide_cli_usage(cli, &tide_command_init, "out of memory");
    } else {
        exit_code = read_and_run(&call, argc, argv);
    }
    tide_free((void *)call.indices);
    tide_free((void *)call.files);
    tide_arena_clear(&call.arena);
    return exit_code;
}

const tide_command tide_command_init = {"init", "write a project file from indices or sample files",
                                        help, run};
