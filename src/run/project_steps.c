/* SPDX-License-Identifier: Apache-2.0 */
/* The `steps:` of a pipeline. */
#include <string.h>

#include "run/config_reader.h"

/* Names with an expression, a type, or {type:, expression: / from:}. */
static void read_type(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_text(reader, node, &((tide_named_text *)into)->type);
}

static void read_expression(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    ((tide_named_text *)into)->mark = node->mark;
    tide_config_read_text(reader, node, &((tide_named_text *)into)->text);
}

static void read_filled_from(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"series", "day"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_named_text *)into)->from = words[choice];
}

static const tide_config_key derived_keys[] = {
    {"as", read_expression, true},
    {"type", read_type, false},
};
static const tide_config_key typed_keys[] = {
    {"type", read_type, true},
};
static const tide_config_key output_keys[] = {
    {"type", read_type, false},
    {"from", read_filled_from, false},
};

static void read_named(tide_config_reader *reader, const tide_yaml *node, tide_named_texts *out,
                       const tide_config_key *keys, size_t key_count, const char *what)
{
    if (node->kind != TIDE_YAML_MAPPING || node->count == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "%s is written as `name: ...`", what);
        return;
    }
    out->items = tide_config_alloc(reader, node->count, sizeof *out->items);
    for (size_t i = 0; out->items != NULL && i < node->count; i++) {
        tide_named_text *item = &out->items[out->count++];
        item->name = node->keys[i]->text;
        item->mark = node->values[i]->mark;
        if (node->values[i]->kind == TIDE_YAML_SCALAR) {
            tide_config_read_text(reader, node->values[i], &item->text);
        } else {
            tide_config_read_mapping(reader, node->values[i], keys, key_count, what, item);
        }
    }
}

static void read_where(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_step_config *step = into;
    step->kind = TIDE_STEP_WHERE;
    step->mark = node->mark;
    tide_config_read_text(reader, node, &step->text);
}

static void read_derive(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_step_config *step = into;
    step->kind = TIDE_STEP_DERIVE;
    read_named(reader, node, &step->derived, derived_keys, TIDE_COUNT_OF(derived_keys),
               "a derived column");
}

static void read_keep(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"newest", "oldest"};
    tide_step_config *step = into;
    size_t choice = 0;
    step->kind = TIDE_STEP_KEEP;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    step->text = words[choice];
}

static void read_by(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_config_read_words(reader, node, &((tide_step_config *)into)->by);
}

static void read_lua(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_step_config *step = into;
    step->kind = TIDE_STEP_LUA;
    step->mark = node->mark;
    tide_config_read_text(reader, node, &step->text);
}

static void read_state(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    read_named(reader, node, &((tide_step_config *)into)->state, typed_keys,
               TIDE_COUNT_OF(typed_keys), "a state column");
}

static void read_output(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    read_named(reader, node, &((tide_step_config *)into)->output, output_keys,
               TIDE_COUNT_OF(output_keys), "an output column");
}

static void read_int64(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    static const char *const words[] = {"number", "exact"};
    size_t choice = 0;
    tide_config_read_choice(reader, node, words, TIDE_COUNT_OF(words), &choice);
    ((tide_step_config *)into)->int64_exact = choice == 1;
}

static const tide_config_key where_keys[] = {{"where", read_where, true}};
static const tide_config_key derive_keys[] = {{"derive", read_derive, true}};
static const tide_config_key keep_keys[] = {{"keep", read_keep, true}, {"by", read_by, true}};
static const tide_config_key lua_keys[] = {
    {"lua", read_lua, true},
    {"state", read_state, false},
    {"output", read_output, true},
    {"int64", read_int64, false},
};

static const struct step_table {
    const char *kind;
    const tide_config_key *keys;
    size_t key_count;
} step_tables[] = {
    {"where", where_keys, TIDE_COUNT_OF(where_keys)},
    {"derive", derive_keys, TIDE_COUNT_OF(derive_keys)},
    {"keep", keep_keys, TIDE_COUNT_OF(keep_keys)},
    {"lua", lua_keys, TIDE_COUNT_OF(lua_keys)},
};

static void read_step(tide_config_reader *reader, const tide_yaml *node, tide_step_config *step)
{
    const char *kinds[TIDE_COUNT_OF(step_tables)];
    step->mark = node->mark;
    for (size_t i = 0; i < TIDE_COUNT_OF(step_tables); i++) {
        kinds[i] = step_tables[i].kind;
        if (tide_yaml_get(node, step_tables[i].kind) != NULL) {
            tide_config_read_mapping(reader, node, step_tables[i].keys, step_tables[i].key_count,
                                     "a step", step);
            return;
        }
    }
    if (node->kind == TIDE_YAML_MAPPING && node->count > 0) {
        tide_diagnostics_add_unknown(reader->diagnostics, node->keys[0]->mark, "step",
                                     node->keys[0]->text, kinds, TIDE_COUNT_OF(kinds));
    } else {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a step is written as `where: ...`, `derive: ...`, `keep: ...` or "
                             "`lua: ...`");
    }
}

void tide_config_read_steps(tide_config_reader *reader, const tide_yaml *node, void *into)
{
    tide_pipeline_config *pipeline = into;
    if (node->kind != TIDE_YAML_SEQUENCE) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "steps are a list: each begins with `- `");
        return;
    }
    pipeline->steps = tide_config_alloc(reader, node->count, sizeof *pipeline->steps);
    for (size_t i = 0; pipeline->steps != NULL && i < node->count; i++) {
        read_step(reader, node->values[i], &pipeline->steps[pipeline->step_count++]);
    }
}
