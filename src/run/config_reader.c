/* SPDX-License-Identifier: Apache-2.0 */
#include "run/config_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "record/decimal.h"

void *tide_config_alloc(tide_config_reader *reader, size_t count, size_t bytes_each)
{
    void *memory = tide_arena_alloc_zero(&reader->project->arena, count + 1, bytes_each);
    if (memory == NULL) {
        reader->diagnostics->failed = true;
    }
    return memory;
}

static const tide_config_key *find_key(const tide_config_key *keys, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

static void add_unknown_key(tide_config_reader *reader, const tide_yaml *key,
                            const tide_config_key *keys, size_t key_count)
{
    const char **names = tide_config_alloc(reader, key_count, sizeof *names);
    if (names == NULL) {
        return;
    }
    for (size_t i = 0; i < key_count; i++) {
        names[i] = keys[i].name;
    }
    tide_diagnostics_add_unknown(reader->diagnostics, key->mark, "key", key->text, names,
                                 key_count);
}

bool tide_config_read_mapping(tide_config_reader *reader, const tide_yaml *node,
                              const tide_config_key *keys, size_t key_count, const char *what,
                              void *into)
{
    if (node->kind != TIDE_YAML_MAPPING) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "%s is written as keys and values, e.g. `%s: ...`", what,
                             keys[0].name);
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const tide_config_key *key = find_key(keys, key_count, node->keys[i]->text);
        if (key == NULL) {
            add_unknown_key(reader, node->keys[i], keys, key_count);
        } else {
            key->read(reader, node->values[i], into);
        }
    }
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].required && tide_yaml_get(node, keys[i].name) == NULL) {
            tide_diagnostics_add(reader->diagnostics, node->mark, "%s needs `%s:`", what,
                                 keys[i].name);
        }
    }
    return true;
}

/* The length of NAME in "${NAME}..." or 0. */
static size_t reference_length(const char *text)
{
    if (text[0] != '$' || text[1] != '{') {
        return 0;
    }
    size_t n = strspn(text + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return text[2 + n] == '}' ? n : 0;
}

bool tide_config_is_reference(const char *text)
{
    size_t n = reference_length(text);
    return n > 0 && text[n + 3] == '\0';
}

/* False where a variable is not set: it stands for nothing. */
static bool append_expanded(tide_config_reader *reader, tide_mark mark, const char *text,
                            tide_text *out)
{
    bool all_set = true;
    for (const char *p = text; *p != '\0'; p++) {
        size_t n = reference_length(p);
        if (n == 0) {
            tide_text_append_char(out, *p);
            continue;
        }
        char *name = tide_arena_copy_str(&reader->project->arena, (tide_str){p + 2, n});
        const char *value = name == NULL ? NULL : getenv(name);
        if (value == NULL) {
            tide_diagnostics_add(reader->diagnostics, mark,
                                 "the environment variable `%s` is not set", name);
            all_set = false;
        } else {
            tide_text_append(out, value);
        }
        p += n + 2;
    }
    return all_set;
}

const char *tide_config_expand(void *context, tide_mark mark, const char *text, bool *is_incomplete)
{
    tide_config_reader *reader = context;
    if (strstr(text, "${") == NULL) {
        return text;
    }
    tide_text expanded;
    tide_text_init(&expanded);
    *is_incomplete = !append_expanded(reader, mark, text, &expanded);
    const char *copy = tide_text_failed(&expanded) ? NULL
                                                   : tide_arena_copy_string(&reader->project->arena,
                                                                            tide_text_c(&expanded));
    tide_text_clear(&expanded);
    return copy;
}

void tide_config_read_text(tide_config_reader *reader, const tide_yaml *node, const char **out)
{
    if (node->kind != TIDE_YAML_SCALAR || tide_yaml_is_null(node)) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "a single word or text is wanted");
        return;
    }
    *out = node->text;
}

void tide_config_read_bool(tide_config_reader *reader, const tide_yaml *node, bool *out)
{
    if (!tide_yaml_bool(node, out)) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "true or false is wanted");
    }
}

void tide_config_read_count(tide_config_reader *reader, const tide_yaml *node, int64_t *out)
{
    int64_t value;
    if (!tide_yaml_int(node, &value) || value < 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "a whole number is wanted");
        return;
    }
    *out = value;
}

void tide_config_read_size(tide_config_reader *reader, const tide_yaml *node, int64_t *out)
{
    const char *text = tide_yaml_text(node);
    if (text == NULL || !tide_parse_size(text, out)) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "a size is wanted, e.g. 64MB");
    }
}

void tide_config_read_duration(tide_config_reader *reader, const tide_yaml *node, int64_t *out)
{
    const char *text = tide_yaml_text(node);
    if (text == NULL || !tide_parse_duration(text, out)) {
        tide_diagnostics_add(reader->diagnostics, node->mark,
                             "a duration is wanted, e.g. 5 min, 2h, 1 day");
    }
}

void tide_config_read_choice(tide_config_reader *reader, const tide_yaml *node,
                             const char *const *words, size_t word_count, size_t *out)
{
    const char *text = NULL;
    tide_config_read_text(reader, node, &text);
    if (text == NULL) {
        return;
    }
    for (size_t i = 0; i < word_count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return;
        }
    }
    /* As it is written: expanded it might be a secret. */
    tide_diagnostics_add_unknown(reader->diagnostics, node->mark, "value", node->written, words,
                                 word_count);
}

void tide_config_read_words(tide_config_reader *reader, const tide_yaml *node, tide_words *out)
{
    bool list = node->kind == TIDE_YAML_SEQUENCE;
    size_t count = list ? node->count : 1;
    out->items = tide_config_alloc(reader, count, sizeof *out->items);
    out->marks = tide_config_alloc(reader, count, sizeof *out->marks);
    if (out->items == NULL || out->marks == NULL) {
        return;
    }
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        const tide_yaml *item = list ? node->values[i] : node;
        const char *word = NULL;
        tide_config_read_text(reader, item, &word);
        if (word != NULL) {
            out->marks[out->count] = item->mark;
            out->items[out->count++] = word;
        }
    }
    if (count == 0) {
        tide_diagnostics_add(reader->diagnostics, node->mark, "the list is empty");
    }
}

/* A unit word and how many of the smallest unit it stands for. */
typedef struct unit_word {
    const char *word;
    int64_t factor;
} unit_word;

/* "<whole number> [space] <unit>". */
static bool parse_with_unit(const char *text, const unit_word *units, size_t count, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    int64_t number;
    if (digits == 0 || tide_int64_parse((tide_str){text, digits}, &number) != TIDE_NUMBER_OK) {
        return false;
    }
    const char *word = text + digits + strspn(text + digits, " ");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, units[i].word) == 0) {
            return !__builtin_mul_overflow(number, units[i].factor, out);
        }
    }
    return false;
}

bool tide_parse_duration(const char *text, int64_t *micros)
{
    const int64_t second = TIDE_MICROS_PER_SECOND;
    const unit_word units[] = {
        {"ms", second / 1000}, {"s", second},           {"sec", second},
        {"second", second},    {"seconds", second},     {"m", 60 * second},
        {"min", 60 * second},  {"minute", 60 * second}, {"minutes", 60 * second},
        {"h", 3600 * second},  {"hour", 3600 * second}, {"hours", 3600 * second},
        {"d", 86400 * second}, {"day", 86400 * second}, {"days", 86400 * second},
    };
    if (strcmp(text, "0") == 0) {
        *micros = 0;
        return true;
    }
    return parse_with_unit(text, units, TIDE_COUNT_OF(units), micros);
}

bool tide_parse_size(const char *text, int64_t *bytes)
{
    const unit_word units[] = {
        {"", 1},          {"B", 1},        {"K", 1 << 10},   {"KB", 1 << 10},
        {"KiB", 1 << 10}, {"M", 1 << 20},  {"MB", 1 << 20},  {"MiB", 1 << 20},
        {"G", 1 << 30},   {"GB", 1 << 30}, {"GiB", 1 << 30},
    };
    return parse_with_unit(text, units, TIDE_COUNT_OF(units), bytes);
}
