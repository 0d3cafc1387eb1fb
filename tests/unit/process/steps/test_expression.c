/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions come to: values, errors of rows and errors of the text, one line each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "rows.h"

typedef struct expectation {
    const char *text;
    const char *expected; /* of row 0; "!..." and "?..." are parts of the message */
} expectation;

static void check_all(const expectation *expectations, size_t count, int64_t row)
{
    test_rows rows;
    tide_error err;
    tide_text out;
    tide_text_init(&out);
    assert_int_equal(test_rows_open(&rows, 3, &err), TIDE_OK);
    for (size_t i = 0; i < count; i++) {
        const expectation *at = &expectations[i];
        assert_int_equal(test_evaluate(&rows, at->text, row, &out, &err), TIDE_OK);
        const char *said = tide_text_c(&out);
        bool is_message = at->expected[0] == '!' || at->expected[0] == '?';
        bool good = is_message
                        ? said[0] == at->expected[0] && strstr(said, at->expected + 1) != NULL
                        : strcmp(said, at->expected) == 0;
        if (!good) {
            fail_msg("%s\nis       %s\nexpected %s", at->text, said, at->expected);
        }
    }
    tide_text_clear(&out);
    test_rows_close(&rows);
}

#define CHECK_ALL(expectations, row) \
    check_all((expectations), sizeof(expectations) / sizeof(expectations)[0], (row))

static void test_literals(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"12", "12"},
        {"1.50", "1.50"},
        {".5", "0.5"},
        {"-0.05", "-0.05"},
        {"1e3", "1000"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "9223372036854775808"},
        {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
        {"'it''s'", "it's"},
        {"TRUE", "true"},
        {"date '2024-02-29'", "2024-02-29"},
        {"timestamp '2024-03-31T12:00:00+02:00'", "2024-03-31T10:00:00Z"},
        {"timestamp '2024-03-31T12:00:00'", "2024-03-31T10:00:00Z"},
        {"uuid '12345678-9ABC-def0-1234-56789abcdef0' = id", "true"},
        {"null::text", "null"},
        {"\"i\"", "7"},
    };
    CHECK_ALL(expectations, 0);
}

static void test_numbers(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"i + 1", "8"},
        {"i / 2", "3"},
        {"-i / 2", "-3"},
        {"i % 4", "3"},
        {"-i % 4", "-3"},
        {"j + 1", "!does not fit int64"},
        {"j * 2", "!does not fit int64"},
        {"-j - 2", "!does not fit int64"},
        {"(-j - 1) / -1", "!does not fit int64"},
        {"(-j - 1) % -1", "0"},
        {"-(-j - 1)", "!does not fit int64"},
        {"abs(-j - 1)", "!does not fit int64"},
        {"i / 0", "!division by zero (character 3 of"},
        {"i % (i - i)", "!division by zero"},
        {"x / 0", "!division by zero"},
        {"n / 0.0", "!division by zero"},
        {"n % 0", "!division by zero"},
        {"x * 1e308 * 10", "!beyond the largest double"},
        {"n + 1", "13.50"},
        {"n * 0.5", "6.250"},
        {"n - 0.125", "12.375"},
        {"n / 3", "4.166667"},
        {"1 / 3.0", "0.333333"},
        {"n % 5", "2.50"},
        {"m * 9 % 7", "5.0000000000"},
        {"m * 9", "9000000000000000000000000000.0000000000"},
        {"m * 10", "!more digits than a decimal holds"},
        {"m * 100", "!more digits than a decimal holds"},
        {"m + m * 8", "9000000000000000000000000000.0000000000"},
        {"m * m * m * m", "?would have 40 digits after the point"},
        {"n * x", "31.25"},
        {"i + x", "9.5"},
        {"round(n)", "13"},
        {"round(-n)", "-13"},
        {"round(n, 1)", "12.5"},
        {"round(n, -1)", "10"},
        {"round(n, 5)", "12.50"},
        {"round(x)", "3"},
        {"round(-x)", "-3"},
        {"round(x * 1.005, 2)", "2.51"},
        {"round(2.675e0, 2)", "2.68"},
        {"round(123e0, -1)", "120"},
        {"trunc(-n)", "-12"},
        {"floor(-n)", "-13"},
        {"ceil(n)", "13"},
        {"floor(x)", "2"},
        {"sign(-n)", "-1"},
        {"sign(0)", "0"},
        {"abs(-x)", "2.5"},
        {"mod(i, 4)", "3"},
        {"least(i, n, 3)", "3.00"},
        {"greatest(null, i, 3)", "7"},
        {"least(x, 'NaN'::double)", "2.5"},
        {"greatest(x, 'NaN'::double)", "NaN"},
    };
    CHECK_ALL(expectations, 0);
}

static void test_logic(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"null and false", "false"},
        {"null and true", "null"},
        {"null or true", "true"},
        {"not null", "null"},
        {"null = null", "null"},
        {"null is null", "true"},
        {"i is not null", "true"},
        {"(i > 100) is false", "true"},
        {"(null > 1) is not true", "true"},
        {"i is distinct from null", "true"},
        {"null is not distinct from null", "true"},
        {"i between 7 and 7", "true"},
        {"i not between 8 and null", "true"},
        {"i between 7 and null", "null"},
        {"i in (1, 2, 7)", "true"},
        {"i in (1, null)", "null"},
        {"i not in (1, null, 7)", "false"},
        {"i in (1, j, i)", "true"},
        {"i in (1.5, 7.0)", "true"},
        {"i in (1,2,3,4,5,6,8,9,10,11,7)", "true"},
        {"s in ('a','b','c','d','e','f','g','h','i','App zażółć')", "true"},
        {"x in (1, 2.5)", "true"},
        {"id in (uuid '12345678-9abc-def0-1234-56789abcdef0')", "true"},
        {"f and i = 7 or false", "true"},
        {"coalesce(null, i, 1)", "7"},
        {"nullif(i, 7)", "null"},
        {"nullif(i, 7.5)", "7"},
        {"case i when 7 then 'seven' else 'other' end", "seven"},
        {"case when i < 0 then 1 end", "null"},
        {"case when false then 1 else 2.5 end", "2.5"},
        {"m = 0.00000000000000000000000000000000000001", "false"},
        {"m > 0.00000000000000000000000000000000000001", "true"},
        {"0.00000000000000000000000000000000000001 < m", "true"},
        {"m in (0.00000000000000000000000000000000000001, 1)", "false"},
    };
    CHECK_ALL(expectations, 0);
}

/* What is not reached can't fail. */
static void test_errors_that_are_not_reached(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"case when i <> 0 then 1/i end", "null"},
        {"i <> 0 and 1/i > 2", "false"},
        {"i = 0 or 1/i > 2", "true"},
        {"coalesce(0, 1/i)", "0"},
        {"case when true then 0 else 1/i end", "0"},
        {"case i when 0 then 0 when 1/i then 1 end", "0"},
        {"1/i > 2 and i <> 0", "!division by zero"},
        {"not (i <> 0 and 1/i > 2)", "true"},
        {"case when 1/i = 1 then 1 end", "!division by zero"},
        {"i = 0 or (i <> 0 and 1/i > 2)", "true"},
        {"case when i = 0 then 'none' else (1/i)::text end", "none"},
        {"u::int64 + 1", "13"},
        {"s = '' or s::int64 > 0", "true"},
        {"false and 1/0 = 1", "false"},
        {"i in (1 / i, 0, null)", "true"}, /* literals come first */
        {"i in (1 / i, 5)", "!division by zero"},
    };
    CHECK_ALL(expectations, 1);
}

static void test_texts(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"lower(s)", "app zażółć"},
        {"upper(s)", "APP ZAżółć"},
        {"length(s)", "10"},
        {"octet_length(s)", "14"},
        {"octet_length(b)", "2"},
        {"substr(s, 5)", "zażółć"},
        {"substr(s, 6, 2)", "aż"},
        {"substr(s, 0, 2)", "A"},
        {"substr(s, -5, 2)", ""},
        {"substr(s, 2, i - 8)", "!a count below 0"},
        {"substr(s, 2, 9223372036854775807)", "pp zażółć"},
        {"substr(s, -9223372036854775807, 9223372036854775807)", ""},
        {"left(s, 3)", "App"},
        {"left(s, -7)", "App"},
        {"right(s, 2)", "łć"},
        {"right(s, -9)", "ć"},
        {"left(s, -100)", ""},
        {"left(s, -9223372036854775807)", ""},
        {"right(s, -9223372036854775807)", ""},
        {"right(s, 9223372036854775807)", "App zażółć"},
        {"right(s, 100)", "App zażółć"},
        {"trim('  a ')", "a"},
        {"ltrim('xxaxx', 'x')", "axx"},
        {"rtrim(s, 'ćł')", "App zażó"},
        {"replace(u, ',', '; ')", "a; b; ; c"},
        {"replace(u, '', 'x')", "a,b,,c"},
        {"starts_with(s, 'App')", "true"},
        {"ends_with(s, 'App')", "false"},
        {"strpos(s, 'żó')", "7"},
        {"strpos(s, 'no')", "0"},
        {"split_part(u, ',', 2)", "b"},
        {"split_part(u, ',', -1)", "c"},
        {"split_part(u, ',', 9)", ""},
        {"split_part(u, ',', i - 7)", "!counted from 1"},
        {"concat(i, null, '-', f, n)", "7-true12.50"},
        {"s || null", "null"},
        {"lpad('7', 3, '0')", "007"},
        {"lpad('abc', 2)", "ab"},
        {"rpad('a', 4, 'xyz')", "axyz"},
        {"lpad('a', 70000000)", "!at most 67108864 fit"},
        {"lpad('a', 9223372036854775807)", "!at most 67108864 fit"},
        {"lpad('a', 10, '')", "a"},
        {"s like 'App%'", "true"},
        {"s like '%ół_'", "true"},
        {"s like 'app%'", "false"},
        {"'a%b' like 'a\\%b'", "true"},
        {"'a%b' like 'a#%_' escape '#'", "true"},
        {"'a\\b' like 'a\\b' escape ''", "true"},
        {"s like u || '\\'", "!ends with its escape"},
        {"s not like '%z%'", "false"},
        {"hash64('')", "3244421341483603138"},
        {"hash128('')", "99aa06d3014798d86001c324468d497f"},
        {"hash64(b) = hash64(b)", "true"},
    };
    CHECK_ALL(expectations, 0);
}

static void test_dates(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"date(t)", "2024-03-31"},
        {"t::date", "2024-03-31"},
        {"hour(t)", "1"},
        {"minute(t)", "30"},
        {"second(t)", "0"},
        {"hour(add_seconds(t, 3600))", "3"},
        {"add_seconds(t, 0.5)", "2024-03-31T00:30:00.623456Z"},
        {"add_seconds(t, -1)", "2024-03-31T00:29:59.123456Z"},
        {"add_seconds(t, 1000000000000)", "!beyond the year 9999"},
        {"date_trunc('day', t)", "2024-03-30T23:00:00Z"},
        {"date_trunc('month', t)", "2024-02-29T23:00:00Z"},
        {"date_trunc('hour', add_seconds(t, 3600))", "2024-03-31T01:00:00Z"},
        {"date_trunc('second', t)", "2024-03-31T00:30:00Z"},
        {"date_trunc('week', d)", "2024-03-25"},
        {"date_trunc('quarter', d)", "2024-01-01"},
        {"year(d) * 10000 + month(d) * 100 + day(d)", "20240331"},
        {"dow(d)", "7"},
        {"dow(t)", "7"},
        {"d + 1", "2024-04-01"},
        {"1 + d", "2024-04-01"},
        {"d - 31", "2024-02-29"},
        {"d - date '2024-01-01'", "90"},
        {"d + j", "!beyond the year 9999"},
        {"date '9999-12-31' + i", "!beyond the year 9999"},
        {"seconds_between(t, add_seconds(t, 90.25))", "90.250000"},
        {"epoch_millis(t)", "1711845000123"},
        {"epoch_seconds(t)", "1711845000"},
        {"d::timestamp", "2024-03-30T23:00:00Z"},
    };
    CHECK_ALL(expectations, 0);
    static const expectation before_1970[] = {
        {"epoch_millis(t)", "-1"},
        {"epoch_seconds(t)", "-1"},
        {"year(d)", "1969"},
        {"dow(d)", "3"},
    };
    CHECK_ALL(before_1970, 1);
}

static void test_casts(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"cast(i as text)", "7"},
        {"i::decimal(3,2)", "7.00"},
        {"i::decimal(2,2)", "!7 does not fit decimal(2,2)"},
        {"j::int32", "!9223372036854775807 does not fit int32"},
        {"j::double", "9223372036854775808"},
        {"n::int64", "!12.50 has more digits after the point than int64 holds"},
        {"round(n)::int32", "13"},
        {"n::decimal(12,1)", "12.5"},
        {"(n + 0.01)::decimal(12,1)", "!12.51 has more digits after the point"},
        {"n::double", "12.5"},
        {"0.1e0::decimal(5,3)", "0.100"},
        {"x::decimal(5,0)", "!2.5 has more digits"},
        {"x::int32", "!2.5 has more digits"},
        {"(x * 2)::int64", "5"},
        {"1e300::int64", "!1e+300 does not fit int64"},
        {"'NaN'::double::int32", "!NaN does not fit int32"},
        {"'NaN'::double::decimal(5,2)", "!NaN does not fit"},
        {"f::int32 + f::int64", "2"},
        {"f::text", "true"},
        {"'TRUE'::bool", "true"},
        {"'yes'::bool", "!'yes' is no bool: write true or false"},
        {"'12.0'::int64", "12"},
        {"'12.5'::int64", "!'12.5' is no int64: it has more digits"},
        {"'3000000000'::int32", "!'3000000000' is no int32: it is too large"},
        {"'abc'::decimal(5,2)", "!'abc' is no decimal(5,2)"},
        {"'2024-02-30'::date", "!'2024-02-30' is no date: write YYYY-MM-DD"},
        {"'2024-02-01T10:00:00Z'::timestamp", "2024-02-01T10:00:00Z"},
        {"'soon'::timestamp", "!'soon' is no timestamp"},
        {"d::text", "2024-03-31"},
        {"t::text", "2024-03-31T00:30:00.123456Z"},
        {"id::text", "12345678-9abc-def0-1234-56789abcdef0"},
        {"'x'::uuid", "!'x' is no uuid"},
        {"doc::text", "{\"a\": 1}"},
        {"'[1'::json", "!the text is not JSON"},
        {"b::text", "!not UTF-8"},
        {"'ok'::bytes::text", "ok"},
        {"x::text || n::text", "2.512.50"},
        {"n::decimal(30,2) = n", "true"},
    };
    CHECK_ALL(expectations, 0);
}

static void test_nulls(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "i + 1",       "i / 0",
        "n * 2",       "-x",
        "lower(s)",    "s || 'x'",
        "date(t)",     "d + 1",
        "i::text",     "s::int64",
        "not f",       "round(n, 1)",
        "i = 1",       "s in ('a')",
        "s like 'a%'", "hash64(s)",
        "d - d",       "i between 1 and 2",
        "lpad(s, 3)",  "split_part(u, ',', 1)",
        "least(i, j)", "coalesce(i, j)",
    };
    test_rows rows;
    tide_error err;
    tide_text out;
    tide_text_init(&out);
    assert_int_equal(test_rows_open(&rows, 3, &err), TIDE_OK);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(test_evaluate(&rows, texts[i], 2, &out, &err), TIDE_OK);
        assert_string_equal(tide_text_c(&out), "null");
    }
    tide_text_clear(&out);
    test_rows_close(&rows);
}

static void test_errors_of_the_text(void **state)
{
    (void)state;
    static const expectation expectations[] = {
        {"", "?the expression is empty"},
        {"i +", "?character 4: the expression ends where a value should follow"},
        {"(i + 1", "?character 7: the expression ends where `)` or an operator"},
        {"i + )", "?character 5: `)` where a value should be"},
        {"i i", "?character 3: `i` where an operator or the end should be"},
        {"'abc", "?character 1: the closing ' is missing"},
        {"ź + 'abc", "?character 5: the closing ' is missing"},
        {"\"\" = 1", "?names no column"},
        {"12abc", "?character 1: `12...` is neither a number nor a name"},
        {"1.2.3", "?neither a number"},
        {"a.b = 1",
         "?`a.b`: dots are no paths here; a column with dots in its name is written \"a.b\""},
        {"i ; 1", "?character 3: unexpected `;`: an expression is not a statement"},
        {"f && f", "?write `and`"},
        {"!f", "?write `not`"},
        {"i = = 1", "?`=` where a value should be"},
        {"1 < i < 3", "?character 7: comparisons do not chain"},
        {"end = 1", "?`end` where a value should be; a column of this name is written \"end\""},
        {"docs = 'x'", "?character 1: there is no column `docs`: did you mean `doc`?"},
        {"lowr(s)", "?there is no function `lowr`: did you mean `lower`?"},
        {"ifnull(i, 1)", "?there is no function `ifnull`: use coalesce"},
        {"frobnicate(i)", "?there is no function `frobnicate`"},
        {"lower(i)", "?lower(text): argument 1 is int32, not text: cast it by ::text"},
        {"lower(s, s)", "?lower(text) was given 2 arguments"},
        {"hour(d)", "?argument 1 is date, not a timestamp"},
        {"date_trunc('moon', t)", "?the unit is one of 'year'"},
        {"date_trunc('hour', d)", "?not a timestamp, which this unit needs"},
        {"round(n, i)", "?digits are a literal integer"},
        {"i = 's'",
         "?comparison: int32 and text do not go together: write the number without quotes"},
        {"t > '2024-01-01'", "?write timestamp '2024-03-31T12:00:00Z'"},
        {"d = t", "?write date(...) of the timestamp"},
        {"s + s", "?there is no text + text: texts are joined by ||"},
        {"t - t", "?write seconds_between(from, to)"},
        {"t + 1", "?write add_seconds(timestamp, number)"},
        {"x % 2", "?% is for integers and decimals"},
        {"s || i", "?character 6: || joins texts, and this is int32"},
        {"-s", "?there is no minus of text"},
        {"i and f", "?and needs a condition, and this is int32: write `<> 0`?"},
        {"not s", "?not needs a condition, and this is text"},
        {"case when i then 1 end", "?when needs a condition"},
        {"case when f then 1 else 'a' end", "?case: int32 and text do not go together"},
        {"case else 1 end", "?`else` where a value should be"},
        {"case i else 1 end", "?`else` where `when` of `case` should be"},
        {"case when f then 1", "?`end` of `case` should follow"},
        {"case when f 1", "?`then` of `case`"},
        {"cast(i, text)", "?`as` of `cast(value as type)`"},
        {"i::integer", "?unknown type \"integer\": write int32 or int64"},
        {"i::decimal(50,2)", "?bad type"},
        {"i::date", "?int32 can't be cast to date"},
        {"i::bool", "?int32 can't be cast to bool: write `<> 0`"},
        {"t::int64", "?write epoch_millis"},
        {"doc = doc", "?json values are not compared"},
        {"i in ()", "?a value"},
        {"i in 1", "?the list of `in`"},
        {"i between 1 or 2", "?`and` of `between`"},
        {"s like 'a\\'", "?ends with its escape: double it"},
        {"s like 'a' escape 'xx'", "?one ASCII character"},
        {"i like 'a'", "?`like` needs text, and this is int32"},
        {"i is 1", "?null, true, false or `distinct from`"},
        {"null", "?always null and has no type"},
        {"date '2024-02-30'", "?'2024-02-30' is no date"},
        {"123456789012345678901234567890123456789", "?a number has at most 38 digits"},
        {"1e999", "?beyond the largest double"},
        {"concat()", "?was given 0 arguments"},
    };
    CHECK_ALL(expectations, 0);
}

/* `count` times `before`, `inside`, and as often `after`. */
static char *repeat(const char *before, const char *inside, const char *after, size_t count)
{
    tide_text text;
    tide_text_init(&text);
    for (size_t i = 0; i < count; i++) {
        tide_text_append(&text, before);
    }
    tide_text_append(&text, inside);
    for (size_t i = 0; i < count; i++) {
        tide_text_append(&text, after);
    }
    return tide_text_take(&text);
}

static void check_limit(const char *before, const char *inside, const char *after, size_t count,
                        const char *expected)
{
    test_rows rows;
    tide_error err;
    tide_text out;
    tide_text_init(&out);
    char *text = repeat(before, inside, after, count);
    assert_int_equal(test_rows_open(&rows, 3, &err), TIDE_OK);
    assert_int_equal(test_evaluate(&rows, text, 0, &out, &err), TIDE_OK);
    if (strstr(tide_text_c(&out), expected) == NULL) {
        fail_msg("%zu of %s%s%s: %s, not %s", count, before, inside, after, tide_text_c(&out),
                 expected);
    }
    tide_free(text);
    tide_text_clear(&out);
    test_rows_close(&rows);
}

static void test_limits(void **state)
{
    (void)state;
    check_limit("(", "i", ")", 190, "7");
    check_limit("(", "i", ")", 300, "nested more than 200 deep");
    check_limit("- ", "x", "", 199, "-2.5");
    check_limit("- ", "x", "", 5000, "nested more than 200 deep");
    check_limit("not ", "f", "", 5000, "nested more than 200 deep");
    check_limit("abs(", "x", ")", 150, "2.5");
    check_limit("abs(", "x", ")", 5000, "nested more than 200 deep");
    check_limit("case when f then ", "i", " end", 3000, "nested more than 200 deep");
    check_limit("", "i", " + 0", 150, "7");
    check_limit("", "i", " + 0", 5000, "nested more than 200 deep");
    check_limit("", "f", " and f", 5000, "true");
    check_limit("", "f", " or f", 5000, "true");
    check_limit("", "s", " || ''", 5000, "App");
    check_limit("", "i in (0", ", 1", 10, "where");
    check_limit("", "s", "          ", 10000, "at most 65536 bytes");
    check_limit("nullif(", "i", ", 1)", 60, "7");
    check_limit("greatest(", "i", ", 1)", 60, "7");
    check_limit("case ", "i", " when 7 then 7 end", 60, "7");
}

/* Rows around the edges of words and chunks come to the same as alone. */
static void test_chunks(void **state)
{
    (void)state;
    static const int64_t counts[] = {1, 2, 63, 64, 65, 1023, 1024, 1025, 2049, 5000};
    static const char *const texts[] = {
        "case when f then s || '!' else upper(u) end",
        "n * 3 - i",
        "f and i in (7, 8) or n < 0",
        "coalesce(nullif(i, 7), 1) / i",
        "date(t) + i",
    };
    tide_error err;
    tide_text out, expected;
    tide_text_init(&out);
    tide_text_init(&expected);
    test_rows few;
    assert_int_equal(test_rows_open(&few, 3, &err), TIDE_OK);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        test_rows rows;
        assert_int_equal(test_rows_open(&rows, counts[i], &err), TIDE_OK);
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
            for (int64_t row = counts[i] > 3 ? counts[i] - 3 : 0; row < counts[i]; row++) {
                assert_int_equal(test_evaluate(&rows, texts[j], row, &out, &err), TIDE_OK);
                assert_int_equal(test_evaluate(&few, texts[j], row % 3, &expected, &err), TIDE_OK);
                assert_string_equal(tide_text_c(&out), tide_text_c(&expected));
            }
        }
        test_rows_close(&rows);
    }
    test_rows_close(&few);
    tide_text_clear(&out);
    tide_text_clear(&expected);
}

/* Each text fits, but not all of them: no memory is taken for what is too much. */
static void test_too_much_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        tide_code code;
    } cases[] = {
        {"length(lpad(s, 60000000)) = length(rpad(u, 60000000))", TIDE_OK},
        {"length(lpad(s, 60000000)) = length(rpad(u, 60000000) || lpad(s, 7000000))",
         TIDE_OVER_BUDGET},
        /* Constants count like any other text, unless they are short. */
        {"lpad('a', 60000000) || lpad('b', 7000000) = lpad('c', 60000000) || s", TIDE_OVER_BUDGET},
        {"length(lpad('a', 60000)) = 60000", TIDE_OK},
        {"length(replace(lpad('a', 1000, 'a') || u, 'a', lpad(s, 67000))) > 0", TIDE_OK},
    };
    tide_error err;
    tide_text out;
    test_rows rows;
    tide_text_init(&out);
    assert_int_equal(test_rows_open(&rows, 1, &err), TIDE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(test_evaluate(&rows, cases[i].text, 0, &out, &err), cases[i].code);
        if (cases[i].code != TIDE_OK) {
            assert_non_null(strstr(err.message, "make shorter texts, or of fewer rows"));
        }
    }
    test_rows_close(&rows);
    tide_text_clear(&out);
}

static void test_fingerprint(void **state)
{
    (void)state;
    static const char *const texts[] = {"i  >\n1 AND s='It''s'", "i > 1 and s = 'It''s'"};
    test_rows rows;
    tide_error err;
    tide_text prints[2];
    assert_int_equal(test_rows_open(&rows, 1, &err), TIDE_OK);
    for (size_t i = 0; i < 2; i++) {
        tide_expression *expression = NULL;
        tide_expression_options options = {.text = texts[i], .input = &rows.schema};
        tide_text_init(&prints[i]);
        assert_int_equal(tide_expression_compile(&options, &expression, &err), TIDE_OK);
        tide_expression_append_fingerprint(expression, &prints[i]);
        tide_expression_destroy(expression);
    }
    assert_string_equal(tide_text_c(&prints[0]), tide_text_c(&prints[1]));
    assert_string_equal(tide_text_c(&prints[0]),
                        "i > 1 and s = '\"It's\" | int32 \"i\" | text \"s\"");
    tide_text_clear(&prints[0]);
    tide_text_clear(&prints[1]);
    test_rows_close(&rows);
}

static tide_code live(tide_error *err)
{
    static const char text[] =
        "case when s like '%a_%' then concat(upper(s), i, n / 3) || replace(u, ',', ';') "
        "when i in (1, 2, j) then lpad(u, 5, '0') else (u::int64 + 1)::text end";
    test_rows rows;
    tide_text out;
    tide_text_init(&out);
    tide_code code = test_rows_open(&rows, 3, err);
    if (code == TIDE_OK) {
        code = test_evaluate(&rows, text, 0, &out, err);
    }
    tide_text_clear(&out);
    test_rows_close(&rows);
    return code;
}

static void test_failing_allocations(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        tide_error err;
        (void)tide_memory_fail_nth(n, 0);
        tide_code code = live(&err);
        (void)tide_memory_fail_nth(0, 0);
        if (code == TIDE_OK) {
            assert_true(n > 40);
            break;
        }
        assert_int_equal(code, TIDE_OUT_OF_MEMORY);
    }
}

/* Tokens in any order: whatever they say, they are refused or evaluated. */
static void test_random_tokens(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "i",       "j",     "n",    "x",    "s",    "d",       "t",    "f",   "1",
        "2.5",     "'a'",   "null", "true", "(",    ")",       ",",    "+",   "-",
        "*",       "/",     "%",    "=",    "<",    "and",     "or",   "not", "is",
        "between", "in",    "like", "case", "when", "then",    "else", "end", "lower",
        "date",    "round", "::",   "||",   "text", "decimal", "int64"};
    uint64_t seed = 20240331;
    test_rows rows;
    tide_error err;
    tide_text text, out;
    tide_text_init(&text);
    tide_text_init(&out);
    print_message("seed %llu\n", (unsigned long long)seed);
    assert_int_equal(test_rows_open(&rows, 3, &err), TIDE_OK);
    size_t evaluated = 0;
    for (int i = 0; i < 20000; i++) {
        tide_text_reset(&text);
        for (size_t j = test_random(&seed, 8) + 1; j > 0; j--) {
            tide_text_append(&text, tokens[test_random(&seed, sizeof tokens / sizeof tokens[0])]);
            tide_text_append_char(&text, ' ');
        }
        assert_int_equal(test_evaluate(&rows, tide_text_c(&text), 0, &out, &err), TIDE_OK);
        assert_true(out.size > 0 || strstr(tide_text_c(&text), "s") != NULL);
        evaluated += tide_text_c(&out)[0] != '?' ? 1 : 0;
    }
    assert_true(evaluated > 100);
    tide_text_clear(&text);
    tide_text_clear(&out);
    test_rows_close(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_errors_that_are_not_reached),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_nulls),
        cmocka_unit_test(test_errors_of_the_text),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_too_much_text),
        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_random_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
