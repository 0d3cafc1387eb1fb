/* SPDX-License-Identifier: Apache-2.0 */
/* Typing of text functions and of ||. */
#include "process/steps/expression/choice.h"
#include "process/steps/expression/functions.h"
#include "process/steps/expression/texts.h"

static tide_node *strict(tide_compiler *self, const tide_call *call, tide_type_id type,
                         tide_loop loop, int32_t parameter)
{
    tide_node_extra extra = {.parameter = parameter};
    return tide_node_strict(self, call->at, tide_type_of(type), loop, call->arguments, call->count,
                            &extra);
}

tide_node *tide_build_length(tide_compiler *self, tide_call *call)
{
    return tide_call_texts(self, call) ? strict(self, call, TIDE_INT32, tide_length_loop, 0) : NULL;
}

/* Text or bytes: both are views. */
static bool need_octets(tide_compiler *self, tide_call *call)
{
    return call->arguments[0]->type.id == TIDE_BYTES || tide_call_text(self, call, 0) != NULL;
}

tide_node *tide_build_octet_length(tide_compiler *self, tide_call *call)
{
    return need_octets(self, call) ? strict(self, call, TIDE_INT32, tide_octet_length_loop, 0)
                                   : NULL;
}

tide_node *tide_build_hash(tide_compiler *self, tide_call *call)
{
    bool is_short = call->function->parameter == 64;
    if (!need_octets(self, call)) {
        return NULL;
    }
    return strict(self, call, is_short ? TIDE_INT64 : TIDE_TEXT,
                  is_short ? tide_hash64_loop : tide_hash128_loop, 0);
}

tide_node *tide_build_text_of_text(tide_compiler *self, tide_call *call)
{
    static const tide_loop loops[] = {
        [TIDE_TEXT_LOWER] = tide_lower_loop,
        [TIDE_TEXT_UPPER] = tide_upper_loop,
    };
    return tide_call_texts(self, call)
               ? strict(self, call, TIDE_TEXT, loops[call->function->parameter], 0)
               : NULL;
}

tide_node *tide_build_text_test(tide_compiler *self, tide_call *call)
{
    static const tide_loop loops[] = {
        [TIDE_TEST_STARTS] = tide_starts_with_loop,
        [TIDE_TEST_ENDS] = tide_ends_with_loop,
        [TIDE_TEST_POSITION] = tide_strpos_loop,
    };
    bool is_position = call->function->parameter == TIDE_TEST_POSITION;
    return tide_call_texts(self, call) ? strict(self, call, is_position ? TIDE_INT32 : TIDE_BOOL,
                                                loops[call->function->parameter], 0)
                                       : NULL;
}

tide_node *tide_build_trim(tide_compiler *self, tide_call *call)
{
    return tide_call_texts(self, call)
               ? strict(self, call, TIDE_TEXT, tide_trim_loop, call->function->parameter)
               : NULL;
}

tide_node *tide_build_replace(tide_compiler *self, tide_call *call)
{
    return tide_call_texts(self, call) ? strict(self, call, TIDE_TEXT, tide_replace_loop, 0) : NULL;
}

tide_node *tide_build_cut(tide_compiler *self, tide_call *call)
{
    static const tide_loop loops[] = {
        [TIDE_CUT_SUBSTR] = tide_substr_loop,
        [TIDE_CUT_LEFT] = tide_left_loop,
        [TIDE_CUT_RIGHT] = tide_right_loop,
    };
    if (tide_call_text(self, call, 0) == NULL) {
        return NULL;
    }
    for (size_t i = 1; i < call->count; i++) {
        if (tide_call_int64(self, call, i) == NULL) {
            return NULL;
        }
    }
    return strict(self, call, TIDE_TEXT, loops[call->function->parameter], 0);
}

tide_node *tide_build_split_part(tide_compiler *self, tide_call *call)
{
    bool ok = tide_call_text(self, call, 0) != NULL && tide_call_text(self, call, 1) != NULL &&
              tide_call_int64(self, call, 2) != NULL;
    return ok ? strict(self, call, TIDE_TEXT, tide_split_part_loop, 0) : NULL;
}

static tide_node *literal_text(tide_compiler *self, size_t at, const char *text)
{
    tide_node *node = tide_node_literal(self, at, tide_type_of(TIDE_TEXT));
    if (node != NULL) {
        node->value.text = tide_str_of(text);
    }
    return node;
}

tide_node *tide_build_pad(tide_compiler *self, tide_call *call)
{
    tide_node *arguments[3] = {NULL, NULL, NULL};
    if (tide_call_text(self, call, 0) == NULL || tide_call_int64(self, call, 1) == NULL ||
        (call->count == 3 && tide_call_text(self, call, 2) == NULL)) {
        return NULL;
    }
    arguments[0] = call->arguments[0];
    arguments[1] = call->arguments[1];
    arguments[2] = call->count == 3 ? call->arguments[2] : literal_text(self, call->at, " ");
    tide_node_extra side = {.parameter = call->function->parameter};
    return tide_node_strict(self, call->at, tide_type_of(TIDE_TEXT), tide_pad_loop, arguments, 3,
                            &side);
}

/* Values of any type as text; null as nothing. */
tide_node *tide_build_concat(tide_compiler *self, tide_call *call)
{
    for (size_t i = 0; i < call->count; i++) {
        tide_node *argument = call->arguments[i];
        tide_node *pair[] = {tide_node_cast(self, argument->at, argument, tide_type_of(TIDE_TEXT)),
                             literal_text(self, argument->at, "")};
        if (pair[0] == NULL || pair[1] == NULL) {
            return NULL;
        }
        call->arguments[i] = tide_node_coalesce(self, argument->at, pair, 2);
        if (call->arguments[i] == NULL) {
            return NULL;
        }
    }
    return strict(self, call, TIDE_TEXT, tide_join_loop, 0);
}

tide_node *tide_compile_join(tide_compiler *self, const tide_syntax *syntax)
{
    char name[32];
    tide_node **items = tide_compiler_alloc(self, syntax->item_count, sizeof(void *));
    for (size_t i = 0; items != NULL && i < syntax->item_count; i++) {
        tide_node *item = tide_compile_any(self, syntax->items[i]);
        if (item != NULL && tide_type_is_untyped(item->type)) {
            item = tide_node_promote(self, item, tide_type_of(TIDE_TEXT));
        }
        if (item != NULL && item->type.id != TIDE_TEXT) {
            return tide_compiler_fail(self, item->at,
                                      "|| joins texts, and this is %s: cast it by "
                                      "::text",
                                      tide_type_name(item->type, name));
        }
        if (item == NULL) {
            return NULL;
        }
        items[i] = item;
    }
    return items == NULL ? NULL
                         : tide_node_strict(self, syntax->at, tide_type_of(TIDE_TEXT),
                                            tide_join_loop, items, syntax->item_count, NULL);
}
