/* SPDX-License-Identifier: Apache-2.0 */
#include "run/yaml.h"

#include <stdint.h>
#include <string.h>
#include <yaml.h>

#include "base/problem.h"
#include "record/decimal.h"

#define NESTING_MAX 64

/* One conversion of a libyaml document into our tree. */
typedef struct converter {
    yaml_document_t *document;
    tide_arena *arena;
    const char *path;
    const tide_yaml **done; /* by libyaml's node number, so that anchors are converted once */
    const tide_yaml_expander *expander; /* or NULL */
    bool in_key;
} converter;

static tide_mark mark_of(yaml_mark_t mark)
{
    return (tide_mark){(int)mark.line + 1, (int)mark.column + 1};
}

static tide_code convert(converter *c, int number, int depth, const tide_yaml **out,
                         tide_error *err);

static tide_code convert_sequence(converter *c, const yaml_node_t *from, int depth, tide_yaml *node,
                                  tide_error *err)
{
    node->kind = TIDE_YAML_SEQUENCE;
    node->count = (size_t)(from->data.sequence.items.top - from->data.sequence.items.start);
    node->values = tide_arena_alloc_zero(c->arena, node->count + 1, sizeof *node->values);
    if (node->values == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading YAML");
    }
    for (size_t i = 0; i < node->count; i++) {
        TIDE_TRY(convert(c, from->data.sequence.items.start[i], depth + 1, &node->values[i], err));
        node->is_incomplete = node->is_incomplete || node->values[i]->is_incomplete;
    }
    return TIDE_OK;
}

static tide_code check_key(const converter *c, const tide_yaml *node, size_t i, tide_error *err)
{
    const tide_yaml *key = node->keys[i];
    if (key->kind != TIDE_YAML_SCALAR) {
        return TIDE_FAIL(err, TIDE_E_YAML, "%s:%d:%d: a key must be a plain word", c->path,
                         key->mark.line, key->mark.column);
    }
    for (size_t k = 0; k < i; k++) {
        if (strcmp(node->keys[k]->text, key->text) == 0) {
            return TIDE_FAIL(err, TIDE_E_YAML, "%s:%d:%d: the key `%s` is already given in line %d",
                             c->path, key->mark.line, key->mark.column, key->text,
                             node->keys[k]->mark.line);
        }
    }
    return TIDE_OK;
}

static tide_code convert_mapping(converter *c, const yaml_node_t *from, int depth, tide_yaml *node,
                                 tide_error *err)
{
    node->kind = TIDE_YAML_MAPPING;
    node->count = (size_t)(from->data.mapping.pairs.top - from->data.mapping.pairs.start);
    node->keys = tide_arena_alloc_zero(c->arena, node->count + 1, sizeof *node->keys);
    node->values = tide_arena_alloc_zero(c->arena, node->count + 1, sizeof *node->values);
    if (node->keys == NULL || node->values == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading YAML");
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_node_pair_t *pair = &from->data.mapping.pairs.start[i];
        c->in_key = true;
        TIDE_TRY(convert(c, pair->key, depth + 1, &node->keys[i], err));
        c->in_key = false;
        TIDE_TRY(check_key(c, node, i, err));
        TIDE_TRY(convert(c, pair->value, depth + 1, &node->values[i], err));
        node->is_incomplete = node->is_incomplete || node->values[i]->is_incomplete;
    }
    return TIDE_OK;
}

static tide_code convert_scalar(converter *c, const yaml_node_t *from, tide_yaml *node,
                                tide_error *err)
{
    node->kind = TIDE_YAML_SCALAR;
    node->quoted = from->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = tide_arena_copy_str(
        c->arena, (tide_str){(const char *)from->data.scalar.value, from->data.scalar.length});
    if (memchr(from->data.scalar.value, '\0', from->data.scalar.length) != NULL) {
        return TIDE_FAIL(err, TIDE_E_YAML, "%s:%d:%d: a text with the character U+0000", c->path,
                         node->mark.line, node->mark.column);
    }
    node->written = node->text;
    if (node->text != NULL && c->expander != NULL && !c->in_key) {
        const char *plain = node->text;
        node->text =
            c->expander->expand(c->expander->context, node->mark, plain, &node->is_incomplete);
        /* What came from elsewhere is a value, also where it is empty or reads "null". */
        node->quoted = node->quoted || (node->text != plain && tide_yaml_is_null(node));
    }
    return node->text == NULL ? TIDE_FAIL_MEMORY(err, "reading YAML") : TIDE_OK;
}

static tide_code convert(converter *c, int number, int depth, const tide_yaml **out,
                         tide_error *err)
{
    const yaml_node_t *from = yaml_document_get_node(c->document, number);
    tide_mark mark = mark_of(from->start_mark);
    if (depth > NESTING_MAX) {
        return TIDE_FAIL(err, TIDE_E_YAML, "%s:%d:%d: nested deeper than %d levels", c->path,
                         mark.line, mark.column, NESTING_MAX);
    }
    if (c->done[number] != NULL) {
        *out = c->done[number];
        return TIDE_OK;
    }
    tide_yaml *node = tide_arena_alloc_zero(c->arena, 1, sizeof *node);
    if (node == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading YAML");
    }
    node->mark = mark;
    tide_code code;
    switch (from->type) {
        case YAML_SEQUENCE_NODE:
            code = convert_sequence(c, from, depth, node, err);
            break;
        case YAML_MAPPING_NODE:
            code = convert_mapping(c, from, depth, node, err);
            break;
        default:
            code = convert_scalar(c, from, node, err);
            break;
    }
    *out = c->done[number] = node;
    return code;
}

static tide_code fail_syntax(const yaml_parser_t *parser, const char *path, tide_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return TIDE_FAIL_MEMORY(err, "reading YAML");
    }
    return TIDE_FAIL(err, TIDE_E_YAML, "%s:%d:%d: not valid YAML: %s%s%s", path,
                     (int)parser->problem_mark.line + 1, (int)parser->problem_mark.column + 1,
                     parser->problem != NULL ? parser->problem : "unreadable",
                     parser->context != NULL ? ", " : "",
                     parser->context != NULL ? parser->context : "");
}

static tide_code convert_document(yaml_document_t *document, const char *path, tide_arena *arena,
                                  const tide_yaml_expander *expander, const tide_yaml **root,
                                  tide_error *err)
{
    size_t node_count = (size_t)(document->nodes.top - document->nodes.start);
    if (node_count == 0) {
        *root = NULL;
        return TIDE_OK;
    }
    converter c = {.document = document, .arena = arena, .path = path, .expander = expander};
    c.done = tide_arena_alloc_zero(arena, node_count + 1, sizeof(const tide_yaml *));
    if (c.done == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading YAML");
    }
    return convert(&c, 1, 0, root, err);
}

/* What follows the first document would be passed over. */
static tide_code refuse_second(yaml_parser_t *parser, const char *path, tide_error *err)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        return fail_syntax(parser, path, err);
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    tide_code code = TIDE_OK;
    if (root != NULL) {
        tide_mark mark = mark_of(root->start_mark);
        code = TIDE_FAIL(err, TIDE_E_YAML,
                         "%s:%d:%d: a second YAML document begins here (after `---`), but a file "
                         "holds one",
                         path, mark.line, mark.column);
    }
    yaml_document_delete(&document);
    return code;
}

static tide_code parse_first(yaml_parser_t *parser, const char *path, tide_arena *arena,
                             const tide_yaml_expander *expander, const tide_yaml **root,
                             tide_error *err)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        return fail_syntax(parser, path, err);
    }
    bool is_last = yaml_document_get_root_node(&document) == NULL;
    tide_code code = convert_document(&document, path, arena, expander, root, err);
    yaml_document_delete(&document);
    return code != TIDE_OK || is_last ? code : refuse_second(parser, path, err);
}

tide_code tide_yaml_parse_expanded(tide_str text, const char *path, tide_arena *arena,
                                   const tide_yaml_expander *expander, const tide_yaml **root,
                                   tide_error *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return TIDE_FAIL_MEMORY(err, "reading YAML");
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.data, text.size);
    tide_code code = parse_first(&parser, path, arena, expander, root, err);
    yaml_parser_delete(&parser);
    return code;
}

tide_code tide_yaml_parse(tide_str text, const char *path, tide_arena *arena,
                          const tide_yaml **root, tide_error *err)
{
    return tide_yaml_parse_expanded(text, path, arena, NULL, root, err);
}

const tide_yaml *tide_yaml_get(const tide_yaml *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != TIDE_YAML_MAPPING) {
        return NULL;
    }
    for (size_t i = 0; i < mapping->count; i++) {
        if (strcmp(mapping->keys[i]->text, key) == 0) {
            return mapping->values[i];
        }
    }
    return NULL;
}

bool tide_yaml_is_null(const tide_yaml *node)
{
    return node == NULL || (node->kind == TIDE_YAML_SCALAR && !node->quoted &&
                            (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
                             strcmp(node->text, "null") == 0));
}

const char *tide_yaml_text(const tide_yaml *node)
{
    return node == NULL || node->kind != TIDE_YAML_SCALAR || tide_yaml_is_null(node) ? NULL
                                                                                     : node->text;
}

bool tide_yaml_bool(const tide_yaml *node, bool *value)
{
    const char *text = tide_yaml_text(node);
    if (text == NULL || node->quoted) {
        return false;
    }
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0;
}

bool tide_yaml_int(const tide_yaml *node, int64_t *value)
{
    const char *text = tide_yaml_text(node);
    return text != NULL && !node->quoted && strpbrk(text, ".eE") == NULL &&
           tide_int64_parse(tide_str_of(text), value) == TIDE_NUMBER_OK;
}

/* Is the text a number as JSON writes it? Then it may stand unquoted. */
static bool is_json_number(const char *text)
{
    const char *p = text + (*text == '-');
    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9')) {
        return false;
    }
    p += strspn(p, "0123456789");
    if (*p == '.') {
        size_t digits = strspn(++p, "0123456789");
        if (digits == 0) {
            return false;
        }
        p += digits;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        size_t digits = strspn(p, "0123456789");
        if (digits == 0) {
            return false;
        }
        p += digits;
    }
    return *p == '\0';
}

static void print_scalar(const tide_yaml *node, tide_text *out)
{
    bool value;
    if (tide_yaml_is_null(node)) {
        tide_text_append(out, "null");
    } else if (!node->quoted && (tide_yaml_bool(node, &value) || is_json_number(node->text))) {
        tide_text_append(out, node->text);
    } else {
        tide_text_append_json_string(out, tide_str_of(node->text));
    }
}

void tide_yaml_print_json(const tide_yaml *node, tide_text *out)
{
    if (node == NULL || node->kind == TIDE_YAML_SCALAR) {
        if (node == NULL) {
            tide_text_append(out, "null");
        } else {
            print_scalar(node, out);
        }
        return;
    }
    bool mapping = node->kind == TIDE_YAML_MAPPING;
    tide_text_append_char(out, mapping ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0) {
            tide_text_append_char(out, ',');
        }
        if (mapping) {
            tide_text_append_json_string(out, tide_str_of(node->keys[i]->text));
            tide_text_append_char(out, ':');
        }
        tide_yaml_print_json(node->values[i], out);
    }
    tide_text_append_char(out, mapping ? '}' : ']');
}
