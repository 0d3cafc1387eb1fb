/* SPDX-License-Identifier: Apache-2.0 */
#include "run/run_plan.h"

#include "run/yaml.h"

void tide_run_plan_init(tide_run_plan *plan)
{
    *plan = (tide_run_plan){.horizon = INT64_MAX};
    tide_arena_init(&plan->arena);
}

void tide_run_plan_clear(tide_run_plan *plan)
{
    tide_arena_clear(&plan->arena);
}

void tide_run_plan_print(int64_t horizon, const tide_source_plan *source, tide_text *out)
{
    tide_text_append_format(out, "{\"version\":1,\"horizon_micros\":%lld,\"members\":[",
                            (long long)horizon);
    for (size_t i = 0; i < source->member_count; i++) {
        tide_text_append(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        tide_text_append_json_string(out, tide_str_of(source->members[i].name));
        tide_text_append(out, ",\"identity\":");
        tide_text_append_json_string(out, tide_str_of(source->members[i].identity));
        tide_text_append_char(out, '}');
    }
    tide_text_append(out, "]}");
}

static tide_code read_members(tide_run_plan *plan, const tide_yaml *list, tide_error *err)
{
    plan->members = tide_arena_alloc_zero(&plan->arena, list->count + 1, sizeof *plan->members);
    if (plan->members == NULL) {
        return TIDE_FAIL_MEMORY(err, "reading the plan of a run");
    }
    for (size_t i = 0; i < list->count; i++) {
        tide_member *member = &plan->members[plan->member_count++];
        member->name = tide_yaml_text(tide_yaml_get(list->values[i], "name"));
        member->identity = tide_yaml_text(tide_yaml_get(list->values[i], "identity"));
        if (member->name == NULL || member->identity == NULL) {
            return TIDE_FAIL(err, TIDE_BAD_DATA, "a member without name or identity");
        }
    }
    return TIDE_OK;
}

tide_code tide_run_plan_parse(tide_run_plan *plan, const char *json, tide_error *err)
{
    const tide_yaml *root;
    if (tide_yaml_parse(tide_str_of(json), "plan", &plan->arena, &root, err) != TIDE_OK) {
        err->code = TIDE_BAD_DATA;
        return TIDE_BAD_DATA;
    }
    const tide_yaml *members = tide_yaml_get(root, "members");
    if (members == NULL || members->kind != TIDE_YAML_SEQUENCE ||
        !tide_yaml_int(tide_yaml_get(root, "horizon_micros"), &plan->horizon)) {
        return TIDE_FAIL(err, TIDE_BAD_DATA,
                         "the recorded plan of the run can't be read; close it with run --new");
    }
    return read_members(plan, members, err);
}
