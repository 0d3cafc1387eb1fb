/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/problem.h"
#include "process/steps/lua/lua_worker.h"

#define SCRIPT_BYTES_MAX (16u << 20)

static tide_code open_worker(const void *definition, void **worker, tide_error *err)
{
    return tide_lua_worker_open(definition, (tide_lua_worker **)worker, err);
}

static tide_code process(void *worker, tide_step_batch *io, tide_error *err)
{
    return tide_lua_worker_process(worker, io, err);
}

static void close_worker(void *worker)
{
    tide_lua_worker_close(worker);
}

static void destroy(void *defined)
{
    tide_lua_definition *definition = defined;
    tide_schema_clear(&definition->input);
    tide_schema_clear(&definition->state);
    tide_schema_clear(&definition->output);
    tide_text_clear(&definition->script);
    tide_free(definition->name);
    tide_free(definition->directory);
    tide_free(definition);
}

static void limit(void *definition, int64_t user_code_bytes_max)
{
    ((tide_lua_definition *)definition)->memory_bytes_max = user_code_bytes_max;
}

static const tide_step_vtable lua_vtable = {.open = open_worker,
                                            .process = process,
                                            .close = close_worker,
                                            .destroy = destroy,
                                            .limit = limit};

static tide_code read_script(const char *directory, const char *name, tide_text *script,
                             tide_error *err)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s%s%s", name[0] == '/' ? "" : directory,
                   name[0] == '/' ? "" : "/", name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return TIDE_FAIL_ERRNO(err, TIDE_E_SCRIPT, errno, "can't open the script %s", path);
    }
    char buffer[8192];
    while (!feof(file) && !ferror(file) && script->size <= SCRIPT_BYTES_MAX) {
        size_t n = fread(buffer, 1, sizeof buffer, file);
        tide_text_append_str(script, (tide_str){buffer, n});
    }
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed || script->size > SCRIPT_BYTES_MAX) {
        return TIDE_FAIL(err, TIDE_E_SCRIPT, "can't read the script %s%s", path,
                         failed ? "" : ": it is larger than 16 MB");
    }
    return tide_text_failed(script) ? TIDE_FAIL_MEMORY(err, "a script") : TIDE_OK;
}

static tide_code fill_definition(tide_lua_definition *definition, const tide_step_options *options,
                                 const tide_lua_options *lua, tide_error *err)
{
    definition->int64_exact = lua->int64_exact;
    definition->memory_bytes_max = options->user_code_bytes_max;
    definition->name = tide_copy_string(lua->path);
    definition->directory = tide_copy_string(options->directory);
    if (definition->name == NULL || definition->directory == NULL) {
        return TIDE_FAIL_MEMORY(err, "a Lua step");
    }
    TIDE_TRY(tide_schema_copy(options->input, &definition->input, err));
    TIDE_TRY(tide_schema_copy(lua->state, &definition->state, err));
    TIDE_TRY(tide_schema_copy(lua->output, &definition->output, err));
    return read_script(options->directory, lua->path, &definition->script, err);
}

static void append_schema(tide_text *out, const char *what, const tide_schema *schema)
{
    char type[32];
    tide_text_append_format(out, "%s:", what);
    for (size_t i = 0; i < schema->field_count; i++) {
        tide_text_append_format(out, " %s %s", schema->fields[i].name,
                                tide_type_format(schema->fields[i].type, type));
    }
    tide_text_append_char(out, '\n');
}

/* Loads the script once, to find its errors and its form now; and the modules that it requires. */
static tide_code try_script(const tide_lua_definition *definition, tide_step *step, tide_error *err)
{
    tide_lua_worker *worker = NULL;
    TIDE_TRY(tide_lua_worker_open(definition, &worker, err));
    step->whole_days = worker->is_day_form;
    step->needs_series = step->needs_series || worker->is_day_form; /* else there are no days */
    append_schema(&step->fingerprint, "input", &definition->input);
    append_schema(&step->fingerprint, "state", &definition->state);
    append_schema(&step->fingerprint, "output", &definition->output);
    tide_text_append_format(&step->fingerprint, "int64 exact: %d\n", definition->int64_exact);
    tide_text_append_str(&step->fingerprint,
                         (tide_str){tide_text_c(&definition->script), definition->script.size});
    tide_text_append_str(&step->fingerprint,
                         (tide_str){tide_text_c(&worker->modules), worker->modules.size});
    tide_lua_worker_close(worker);
    return tide_text_failed(&step->fingerprint) ? TIDE_FAIL_MEMORY(err, "a Lua step") : TIDE_OK;
}

static tide_code fill_step(tide_lua_definition *definition, const tide_step_options *options,
                           const tide_lua_options *lua, tide_step *step, tide_error *err)
{
    char label[32];
    (void)snprintf(label, sizeof label, "%zu lua", options->number);
    step->label = tide_copy_string(label);
    if (step->label == NULL) {
        return TIDE_FAIL_MEMORY(err, "a Lua step");
    }
    step->emits = true;
    step->needs_series = lua->state->field_count > 0;
    TIDE_TRY(fill_definition(definition, options, lua, err));
    TIDE_TRY(tide_schema_copy(&definition->output, &step->output_schema, err));
    TIDE_TRY(tide_schema_copy(&definition->state, &step->state_schema, err));
    return try_script(definition, step, err);
}

tide_code tide_lua_define(const tide_step_options *options, const tide_lua_options *lua,
                          tide_step *step, tide_error *err)
{
    *step = (tide_step){.vtable = &lua_vtable};
    tide_lua_definition *definition = tide_alloc_zero(1, sizeof *definition);
    if (definition == NULL) {
        return TIDE_FAIL_MEMORY(err, "a Lua step");
    }
    tide_text_init(&definition->script);
    tide_text_init(&step->fingerprint);
    step->definition = definition;
    tide_code code = fill_step(definition, options, lua, step, err);
    if (code != TIDE_OK) {
        tide_step_clear(step);
    }
    return code;
}
