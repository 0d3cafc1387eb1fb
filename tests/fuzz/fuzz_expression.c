/* SPDX-License-Identifier: Apache-2.0 */
/* An expression is refused with the place of the mistake, or gives for each row a value or an
 * error, which depend on nothing but the row: not on what is evaluated beside it, nor on how the
 * text is spaced. A filter keeps the rows for which the value is true. The first byte chooses the
 * type that it is cast to, the zone, and which of this is looked at. */
#include "fuzz_rows.h"
#include "process/steps/expression/expression.h"
#include "process/steps/expression/token.h"

#define ROWS 67 /* a word of bits, and some */
#define WORDS 2
#define TEXT_MAX 4096

static tide_schema schema; /* zeros: initialized */
static tide_builder rows;
static tide_column columns[11];
static tide_zone *zone;

static const struct {
    const char *name;
    tide_type type;
} fields[] = {
    {"b", {TIDE_BOOL, 0, 0}},   {"i", {TIDE_INT32, 0, 0}},    {"n", {TIDE_INT64, 0, 0}},
    {"x", {TIDE_DOUBLE, 0, 0}}, {"d", {TIDE_DECIMAL, 12, 2}}, {"t", {TIDE_TEXT, 0, 0}},
    {"y", {TIDE_BYTES, 0, 0}},  {"dt", {TIDE_DATE, 0, 0}},    {"ts", {TIDE_TIMESTAMP, 0, 0}},
    {"u", {TIDE_UUID, 0, 0}},   {"j", {TIDE_JSON, 0, 0}},
};
#define FIELDS (sizeof fields / sizeof fields[0])

static int64_t pick_integer(uint64_t *seed)
{
    static const int64_t edges[] = {0,   1,         -1,        2,         7,
                                    100, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    return edges[fuzz_random(seed) % (sizeof edges / sizeof edges[0])];
}

static double pick_double(uint64_t *seed)
{
    static const double edges[] = {0.0, -0.0, 1.5, -2.675, 1e300, -1e-300, 9007199254740993.0,
                                   1e18};
    uint64_t at = fuzz_random(seed) % 10;
    return at == 8 ? __builtin_nan("") : at == 9 ? __builtin_inf() : edges[at];
}

static const char *pick_text(uint64_t *seed)
{
    static const char *const edges[] = {"",
                                        "a",
                                        "ab,c",
                                        "%_\\",
                                        "z\xC5\x82 A",
                                        "12",
                                        "-1.5",
                                        "true",
                                        "2024-03-31",
                                        "2024-03-31T02:30:00",
                                        " x x ",
                                        "{}",
                                        "\xF0\x9F\x98\x80"};
    return edges[fuzz_random(seed) % (sizeof edges / sizeof edges[0])];
}

static tide_code append_cell(tide_column_builder *column, uint64_t *seed, tide_error *err)
{
    int64_t integer = pick_integer(seed);
    uint8_t uuid[16] = {0};
    if (fuzz_random(seed) % 5 == 0) {
        return tide_append_null(column, err);
    }
    switch (column->type.id) {
        case TIDE_BOOL:
            return tide_append_bool(column, (integer & 1) != 0, err);
        case TIDE_INT32:
            return tide_append_int32(column, (int32_t)integer, err);
        case TIDE_DATE:
            return tide_append_int32(column, (int32_t)(integer % 2932896), err);
        case TIDE_INT64:
            return tide_append_int64(column, integer, err);
        case TIDE_TIMESTAMP:
            return tide_append_int64(column, integer % INT64_C(253402300800000000), err);
        case TIDE_DOUBLE:
            return tide_append_double(column, pick_double(seed), err);
        case TIDE_DECIMAL:
            return tide_append_decimal(column, integer % INT64_C(1000000000000), err);
        case TIDE_UUID:
            uuid[15] = (uint8_t)integer;
            return tide_append_uuid(column, uuid, err);
        case TIDE_JSON:
            return tide_append_str(column, TIDE_STR("{\"a\":[1,null]}"), err);
        default:
            return tide_append_str(column, tide_str_of(pick_text(seed)), err);
    }
}

static void make_rows(void)
{
    tide_error err;
    uint64_t seed = 1;
    bool fine = tide_zone_open("Europe/Warsaw", &zone, &err) == TIDE_OK;
    for (size_t i = 0; i < FIELDS; i++) {
        fine = fine &&
               tide_schema_add(&schema, fields[i].name, fields[i].type, false, &err) == TIDE_OK;
    }
    fine = fine && tide_builder_init(&rows, &schema, &err) == TIDE_OK;
    for (int row = 0; row < ROWS; row++) {
        for (size_t i = 0; i < FIELDS; i++) {
            fine = fine && append_cell(&rows.columns[i], &seed, &err) == TIDE_OK;
        }
        tide_builder_end_row(&rows);
    }
    FUZZ_CHECK(fine);
    for (size_t i = 0; i < FIELDS; i++) {
        tide_column_builder_view(&rows.columns[i], &columns[i]);
    }
}

/* What an expression gave: values of live rows, and which rows failed. */
typedef struct outcome {
    tide_column_builder values;
    tide_column view;
    uint64_t live[WORDS];
    tide_row_errors errors;
} outcome;

static const uint64_t all_rows[WORDS] = {UINT64_MAX, (UINT64_C(1) << (ROWS - 64)) - 1};

/* False where it was told that the texts would be too many; of fewer rows they are not more. */
static bool evaluate(const tide_expression *expression, const uint64_t live[WORDS], outcome *out)
{
    tide_error err;
    tide_evaluator *evaluator = NULL;
    memcpy(out->live, live, sizeof out->live);
    tide_column_builder_clear(&out->values);
    tide_column_builder_init(&out->values, tide_expression_type(expression));
    tide_row_errors_reset(&out->errors);
    FUZZ_CHECK(tide_evaluator_open(expression, &out->errors, &evaluator, &err) == TIDE_OK);
    tide_code code = tide_evaluator_append(evaluator, columns, ROWS, out->live, &out->values, &err);
    tide_evaluator_close(evaluator);
    if (code == TIDE_OVER_BUDGET) {
        return false;
    }
    FUZZ_CHECK(code == TIDE_OK);
    tide_column_builder_view(&out->values, &out->view);
    FUZZ_CHECK(out->view.row_count == ROWS);
    size_t failed = 0;
    for (int64_t row = 0; row < ROWS; row++) {
        uint64_t bit = UINT64_C(1) << (row & 63);
        failed += (live[row / 64] & bit) != 0 && (out->live[row / 64] & bit) == 0;
        bool is_text = out->view.type.id == TIDE_TEXT || out->view.type.id == TIDE_JSON;
        FUZZ_CHECK(!is_text || fuzz_text_is_fine(tide_column_str(&out->view, row)));
    }
    FUZZ_CHECK(failed == out->errors.count);
    return true;
}

static const char *error_of(const outcome *out, int64_t row)
{
    for (size_t i = 0; i < out->errors.count; i++) {
        if (out->errors.items[i].row == row) {
            return out->errors.items[i].reason;
        }
    }
    return NULL;
}

/* Of the rows of `live`; reasons name places of the text, so they are the same for the same text.
 */
static void check_same(const outcome *a, const outcome *b, const uint64_t live[WORDS],
                       bool same_text)
{
    for (int64_t row = 0; row < ROWS; row++) {
        if ((live[row / 64] >> (row & 63) & 1) == 0) {
            continue;
        }
        FUZZ_CHECK(((a->live[row / 64] ^ b->live[row / 64]) >> (row & 63) & 1) == 0);
        FUZZ_CHECK(fuzz_cells_equal(&a->view, row, &b->view, row));
        FUZZ_CHECK(!same_text || fuzz_texts_equal(error_of(a, row), error_of(b, row)));
    }
}

static void check_some_rows(const tide_expression *expression, const outcome *whole, uint8_t some)
{
    static outcome part;
    uint64_t live[WORDS];
    for (int i = 0; i < WORDS; i++) {
        live[i] = all_rows[i] & (some * UINT64_C(0x0204081020408101));
    }
    FUZZ_CHECK(evaluate(expression, live, &part));
    check_same(whole, &part, live, true);
}

static void print_quoted(tide_str text, char quote, tide_text *out)
{
    tide_text_append_char(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        tide_text_append_char(out, text.data[i]);
        if (text.data[i] == quote) {
            tide_text_append_char(out, quote);
        }
    }
    tide_text_append_char(out, quote);
}

static void print_tokens(const tide_tokens *tokens, tide_text *out)
{
    for (size_t i = 0; i + 1 < tokens->count; i++) {
        const tide_token *token = &tokens->items[i];
        tide_text_append(out, i % 3 == 2 ? "\n\t" : " ");
        if (token->kind == TIDE_TOKEN_STRING || token->kind == TIDE_TOKEN_QUOTED) {
            print_quoted(token->text, token->kind == TIDE_TOKEN_STRING ? '\'' : '"', out);
        } else {
            tide_text_append_str(out, token->text);
        }
    }
}

static void check_fingerprints(const tide_expression *a, const tide_expression *b)
{
    tide_text left, right;
    tide_text_init(&left);
    tide_text_init(&right);
    tide_expression_append_fingerprint(a, &left);
    tide_expression_append_fingerprint(b, &right);
    FUZZ_CHECK(strcmp(tide_text_c(&left), tide_text_c(&right)) == 0);
    tide_text_clear(&left);
    tide_text_clear(&right);
}

/* From the tokens alone: another text, but the same expression. */
static void check_respaced(const tide_expression_options *options,
                           const tide_expression *expression, const outcome *whole)
{
    static outcome again;
    static tide_arena arena; /* zeros: initialized */
    tide_tokens tokens = {0};
    tide_text text;
    tide_error err;
    tide_expression *same = NULL;
    tide_text_init(&text);
    tide_arena_reset(&arena);
    FUZZ_CHECK(tide_tokens_read(tide_str_of(options->text), &arena, &tokens, &err) == TIDE_OK);
    print_tokens(&tokens, &text);
    tide_expression_options respaced = *options;
    respaced.text = tide_text_c(&text);
    FUZZ_CHECK(tide_expression_compile(&respaced, &same, &err) == TIDE_OK);
    FUZZ_CHECK(evaluate(same, all_rows, &again));
    check_same(whole, &again, all_rows, false);
    check_fingerprints(expression, same);
    tide_expression_destroy(same);
    tide_text_clear(&text);
}

static void check_filter(const tide_expression *expression, const outcome *whole)
{
    static tide_row_errors errors;
    tide_evaluator *evaluator = NULL;
    tide_error err;
    uint64_t live[WORDS];
    memcpy(live, all_rows, sizeof live);
    tide_row_errors_reset(&errors);
    FUZZ_CHECK(tide_evaluator_open(expression, &errors, &evaluator, &err) == TIDE_OK);
    FUZZ_CHECK(tide_evaluator_filter(evaluator, columns, ROWS, live, &err) == TIDE_OK);
    tide_evaluator_close(evaluator);
    FUZZ_CHECK(errors.count == whole->errors.count);
    for (int64_t row = 0; row < ROWS; row++) {
        bool kept = (live[row / 64] >> (row & 63) & 1) != 0;
        bool is_true =
            !tide_column_is_null(&whole->view, row) && tide_column_bool(&whole->view, row);
        FUZZ_CHECK(kept == is_true);
    }
}

static void check_refusal(const char *text, tide_code code, const tide_error *err)
{
    FUZZ_CHECK(code == TIDE_BAD_CONFIG);
    bool has_place = tide_utf8_valid(tide_str_of(text)) && text[strspn(text, " \t\r\n")] != '\0';
    if (!has_place) {
        return;
    }
    const char *place = strstr(err->message, "character ");
    FUZZ_CHECK(place != NULL);
    size_t at = strtoul(place + strlen("character "), NULL, 10);
    FUZZ_CHECK(at >= 1 && at <= strlen(text) + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static outcome whole;
    static char text[TEXT_MAX + 1];
    tide_error err;
    tide_expression *expression = NULL;
    if (size < 2 || size > TEXT_MAX) {
        return 0;
    }
    if (schema.field_count == 0) {
        make_rows();
    }
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    tide_type cast = {.id = (tide_type_id)(data[0] & 15)};
    cast.precision = cast.id == TIDE_DECIMAL ? 9 : 0;
    cast.scale = cast.id == TIDE_DECIMAL ? 2 : 0;
    bool casts = cast.id >= TIDE_BOOL && cast.id <= TIDE_JSON;
    tide_expression_options options = {.text = text, .input = &schema, .zone = zone};
    options.cast_to = casts ? &cast : NULL;
    tide_code code = tide_expression_compile(&options, &expression, &err);
    if (code != TIDE_OK) {
        check_refusal(text, code, &err);
        return 0;
    }
    if (!evaluate(expression, all_rows, &whole)) {
        tide_expression_destroy(expression);
        return 0;
    }
    if ((data[0] & 16) != 0) {
        check_respaced(&options, expression, &whole);
    } else if (tide_expression_type(expression).id == TIDE_BOOL && (data[0] & 32) != 0) {
        check_filter(expression, &whole);
    } else {
        check_some_rows(expression, &whole, data[1]);
    }
    tide_expression_destroy(expression);
    return 0;
}
