/* SPDX-License-Identifier: Apache-2.0 */
/* Binding of steps: each is defined against the rows that the one before it gives. A new kind of
 * step is one function and one row of `definers`. */
#include <string.h>

#include "process/steps/derive.h"
#include "process/steps/keep.h"
#include "process/steps/lua.h"
#include "process/steps/where.h"
#include "run/config_reader.h"
#include "run/pipeline.h"

typedef struct step_site {
    tide_binder *binder;
    const tide_step_config *config;
    tide_step_options options;
    bool is_last;
} step_site;

static void define_where(step_site *site, tide_step *step)
{
    tide_error err;
    tide_error_clear(&err);
    if (tide_where_define(&site->options, site->config->text, step, &err) != TIDE_OK) {
        tide_bind_note(site->binder, site->config->mark, &err);
    }
}

static bool bind_type(step_site *site, const tide_named_text *item, const char *text,
                      tide_type *type)
{
    tide_error err;
    tide_error_clear(&err);
    if (text != NULL && tide_type_parse(tide_str_of(text), type, &err) == TIDE_OK) {
        return true;
    }
    if (text == NULL) {
        tide_diagnostics_add(site->binder->diagnostics, item->mark, "`%s` needs a type",
                             item->name);
    } else {
        tide_bind_note(site->binder, item->mark, &err);
    }
    return false;
}

static void define_derive(step_site *site, tide_step *step)
{
    const tide_named_texts *derived = &site->config->derived;
    tide_derive_column *columns = tide_bind_alloc(site->binder, derived->count, sizeof *columns);
    bool ok = columns != NULL;
    for (size_t i = 0; ok && i < derived->count; i++) {
        const tide_named_text *item = &derived->items[i];
        columns[i] = (tide_derive_column){.name = item->name, .expression = item->text};
        if (item->type != NULL) {
            columns[i].has_type = bind_type(site, item, item->type, &columns[i].type);
            ok = columns[i].has_type;
        }
        ok = ok && item->text != NULL;
    }
    if (!ok) {
        return;
    }
    tide_error err;
    tide_error_clear(&err);
    size_t failed = 0;
    if (tide_derive_define(&site->options, columns, derived->count, &failed, step, &err) !=
        TIDE_OK) {
        tide_bind_note(site->binder, derived->items[failed].mark, &err);
    }
}

static void define_keep(step_site *site, tide_step *step)
{
    const tide_step_config *config = site->config;
    tide_error err;
    tide_error_clear(&err);
    size_t failed = 0;
    bool oldest = config->text != NULL && strcmp(config->text, "oldest") == 0;
    tide_keep_options keep = {
        .which = oldest ? TIDE_KEEP_OLDEST : TIDE_KEEP_NEWEST,
        .by = (const char *const *)config->by.items,
        .by_count = config->by.count,
    };
    if (tide_keep_define(&site->options, &keep, &failed, step, &err) != TIDE_OK) {
        bool of_column = failed < config->by.count;
        tide_bind_note(site->binder, of_column ? config->by.marks[failed] : config->mark, &err);
    }
}

/* Fields of a script's state or output; those that the engine fills are left out. */
static bool add_fields(step_site *site, const tide_named_texts *items, tide_schema *schema)
{
    bool ok = true;
    for (size_t i = 0; i < items->count; i++) {
        const tide_named_text *item = &items->items[i];
        tide_type type;
        tide_error err;
        tide_error_clear(&err);
        if (item->from != NULL) {
            continue;
        }
        const char *text = item->type != NULL ? item->type : item->text;
        if (!bind_type(site, item, text, &type)) {
            ok = false;
        } else if (tide_schema_add(schema, item->name, type, false, &err) != TIDE_OK) {
            tide_bind_note(site->binder, item->mark, &err);
            ok = false;
        }
    }
    return ok;
}

/* The output of the last step is the table: its columns in order, some filled by the engine. */
static bool bind_output_items(step_site *site)
{
    tide_pipeline *pipeline = site->binder->pipeline;
    const tide_named_texts *output = &site->config->output;
    pipeline->output_items =
        tide_bind_alloc(site->binder, output->count, sizeof *pipeline->output_items);
    for (size_t i = 0; pipeline->output_items != NULL && i < output->count; i++) {
        const tide_named_text *item = &output->items[i];
        tide_output_origin origin = TIDE_OUTPUT_OF_STEP;
        if (item->from != NULL) {
            origin = strcmp(item->from, "day") == 0 ? TIDE_OUTPUT_OF_DAY : TIDE_OUTPUT_OF_SERIES;
        }
        if (origin != TIDE_OUTPUT_OF_STEP &&
            (!site->is_last || pipeline->config->series.count == 0)) {
            tide_diagnostics_add(site->binder->diagnostics, item->mark,
                                 "`from: %s` is for the last step of a pipeline with `series:`",
                                 item->from);
            return false;
        }
        pipeline->output_items[pipeline->output_count++] = (tide_output_item){item->name, origin};
    }
    if (!site->is_last) {
        pipeline->output_count = 0;
    }
    return true;
}

static void define_lua(step_site *site, tide_step *step)
{
    tide_schema state;
    tide_schema output;
    tide_schema_init(&state);
    tide_schema_init(&output);
    bool ok = add_fields(site, &site->config->state, &state);
    ok = add_fields(site, &site->config->output, &output) && ok;
    ok = bind_output_items(site) && ok;
    tide_lua_options lua = {.path = site->config->text,
                            .state = &state,
                            .output = &output,
                            .int64_exact = site->config->int64_exact};
    tide_error err;
    tide_error_clear(&err);
    if (ok && lua.path != NULL && tide_lua_define(&site->options, &lua, step, &err) != TIDE_OK) {
        tide_bind_note(site->binder, site->config->mark, &err);
    }
    tide_schema_clear(&state);
    tide_schema_clear(&output);
}

static void (*const definers[])(step_site *site, tide_step *step) = {
    [TIDE_STEP_WHERE] = define_where,
    [TIDE_STEP_DERIVE] = define_derive,
    [TIDE_STEP_KEEP] = define_keep,
    [TIDE_STEP_LUA] = define_lua,
};

bool tide_bind_steps(tide_binder *binder)
{
    tide_pipeline *pipeline = binder->pipeline;
    const tide_pipeline_config *config = pipeline->config;
    pipeline->steps = tide_bind_alloc(binder, config->step_count, sizeof *pipeline->steps);
    const tide_schema *rows = &pipeline->declared;
    for (size_t i = 0; pipeline->steps != NULL && i < config->step_count; i++) {
        step_site site = {
            .binder = binder,
            .config = &config->steps[i],
            .options = {.number = i + 1,
                        .input = rows,
                        .directory = pipeline->project->directory,
                        .zone = pipeline->zone},
            .is_last = i + 1 == config->step_count,
        };
        size_t found_before = binder->diagnostics->count;
        tide_step *step = &pipeline->steps[i];
        definers[site.config->kind](&site, step);
        if (binder->diagnostics->count > found_before) {
            return false;
        }
        pipeline->step_count = i + 1;
        if (step->needs_series && config->series.count == 0) {
            tide_diagnostics_add(binder->diagnostics, site.config->mark,
                                 "this step needs `series:` and `time:`");
        }
        rows = &step->output_schema;
    }
    return true;
}
