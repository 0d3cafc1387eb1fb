/* SPDX-License-Identifier: Apache-2.0 */
/* The one file that knows simdjson. It is compiled without exceptions; simdjson then reports want
 * of memory by codes too. */
#include <simdjson.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>

extern "C" {
#include "base/memory.h"
#include "record/json_index.h"
}

namespace {

using implementation = simdjson::internal::dom_parser_implementation;

/* Only the index is wanted, so simdjson's own stack is of no use. */
const size_t depth_of_library = 1;

const size_t capacity_min = 4096;

const char *describe(simdjson::error_code error) noexcept
{
    switch (error) {
        case simdjson::EMPTY:
            return "is empty";
        case simdjson::UTF8_ERROR:
            return "is not UTF-8";
        case simdjson::UNCLOSED_STRING:
            return "has a string that stays open: was it cut?";
        case simdjson::UNESCAPED_CHARS:
            return "has a control character within a string";
        case simdjson::CAPACITY:
            return "is too large";
        default:
            return "is not JSON";
    }
}

/* Four bytes of index for each byte of text, of which a text touches about a sixth. */
bool reserve(implementation &parser, size_t bytes) noexcept
{
    if (bytes <= parser.capacity()) {
        return true;
    }
    return parser.allocate(bytes + bytes / 4, depth_of_library) == simdjson::SUCCESS;
}

/* simdjson chooses its kernels at the first use, in functions that may not throw: want of memory
 * there would end the process. So a reserve is handed to the allocation that fails; if even that is
 * not enough, operator new does as it always did. Any thread's operator new may call the handler
 * meanwhile, hence the atomic. */
const size_t reserve_bytes = size_t{1} << 16;
std::atomic<void *> held_reserve{nullptr};

void give_reserve() noexcept
{
    void *reserve = held_reserve.exchange(nullptr);
    if (reserve == nullptr) {
        std::set_new_handler(nullptr);
    }
    tide_free(reserve);
}

/* *reserve: what is left of it, perhaps nothing. */
bool use_library(void **reserve) noexcept
{
    held_reserve = *reserve;
    std::new_handler before = std::set_new_handler(give_reserve);
    std::unique_ptr<implementation> ignored;
    (void)simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity_min, depth_of_library, ignored);
    (void)std::set_new_handler(before);
    *reserve = held_reserve.exchange(nullptr);
    return true;
}

/* False: there is not even memory for the reserve; to be called again. */
bool choose_kernels() noexcept
{
    void *reserve = tide_alloc(reserve_bytes);
    if (reserve == nullptr) {
        return false;
    }
    static const bool chosen = use_library(&reserve); /* by who comes first; others wait for it */
    tide_free(reserve);
    return chosen;
}

}  // namespace

struct tide_json_index {
    std::unique_ptr<implementation> parser;
};

extern "C" tide_code tide_json_index_create(tide_json_index **index, tide_error *err)
{
    *index = nullptr;
    void *memory = choose_kernels() ? tide_alloc(sizeof(tide_json_index)) : nullptr;
    if (memory == nullptr) {
        return TIDE_FAIL_MEMORY(err, "a JSON index");
    }
    auto *created = new (memory) tide_json_index{};
    simdjson::error_code error =
        simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity_min, depth_of_library, created->parser);
    if (error != simdjson::SUCCESS) {
        tide_json_index_destroy(created);
        return TIDE_FAIL_MEMORY(err, "a JSON index");
    }
    *index = created;
    return TIDE_OK;
}

extern "C" void tide_json_index_destroy(tide_json_index *index)
{
    if (index != nullptr) {
        index->~tide_json_index();
        tide_free(index);
    }
}

extern "C" tide_code tide_json_index_build(tide_json_index *index, tide_str json,
                                           tide_json_tokens *tokens, const char **refusal,
                                           tide_error *err)
{
    implementation &parser = *index->parser;
    *refusal = nullptr;
    if (json.size > TIDE_JSON_TEXT_BYTES_MAX) {
        *refusal = "is larger than 1 GB";
        return TIDE_OK;
    }
    if (!reserve(parser, json.size)) {
        return TIDE_FAIL(err, TIDE_OUT_OF_MEMORY, "out of memory: the index of %zu bytes of JSON",
                         json.size);
    }
    simdjson::error_code error = parser.stage1(reinterpret_cast<const uint8_t *>(json.data),
                                               json.size, simdjson::stage1_mode::regular);
    if (error == simdjson::MEMALLOC) {
        return TIDE_FAIL_MEMORY(err, "a JSON index");
    }
    if (error != simdjson::SUCCESS) {
        *refusal = describe(error);
        return TIDE_OK;
    }
    tokens->text = json.data;
    tokens->at = parser.structural_indexes.get();
    tokens->count = parser.n_structural_indexes;
    return TIDE_OK;
}
