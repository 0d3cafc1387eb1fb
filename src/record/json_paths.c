/* SPDX-License-Identifier: Apache-2.0 */
#include "record/json_paths.h"

#include "base/memory.h"
#include "record/json_text.h"

void tide_json_paths_init(tide_json_paths *paths)
{
    *paths = (tide_json_paths){.root = {.meta = 0}};
    tide_arena_init(&paths->arena);
}

/* As deep as the longest path. */
static void clear_dictionaries(tide_json_node *node)
{
    for (tide_json_node *child = node->first_child; child != NULL; child = child->next_sibling) {
        clear_dictionaries(child);
    }
    tide_free(node->keys);
    tide_free(node->slots);
}

void tide_json_paths_clear(tide_json_paths *paths)
{
    clear_dictionaries(&paths->root);
    tide_arena_clear(&paths->arena);
    tide_json_paths_init(paths);
}

static tide_json_node *find_child(tide_json_node *node, tide_str name)
{
    tide_json_node *child = node->first_child;
    while (child != NULL && !tide_str_equal(child->name, name)) {
        child = child->next_sibling;
    }
    return child;
}

/* Cuts the first step off a dotted path. */
static tide_str next_step(tide_str *path)
{
    const char *dot = path->size == 0 ? NULL : memchr(path->data, '.', path->size);
    size_t size = dot == NULL ? path->size : (size_t)(dot - path->data);
    tide_str step = {path->data, size};
    size_t used = dot == NULL ? size : size + 1;
    path->data += used;
    path->size -= used;
    return step;
}

static tide_json_node *add_child(tide_json_paths *paths, tide_json_node *node, tide_str name)
{
    tide_json_node *child = tide_arena_alloc_zero(&paths->arena, 1, sizeof *child);
    if (child == NULL) {
        return NULL;
    }
    child->name = (tide_str){tide_arena_copy_str(&paths->arena, name), name.size};
    if (child->name.data == NULL) {
        return NULL;
    }
    child->next_sibling = node->first_child;
    node->first_child = child;
    return child;
}

tide_code tide_json_paths_add(tide_json_paths *paths, const char *path, tide_json_node **node,
                              tide_error *err)
{
    tide_str rest = tide_str_of(path);
    tide_json_node *at = &paths->root;
    size_t depth = 0;
    if (rest.size == 0 || rest.data[rest.size - 1] == '.') {
        return TIDE_FAIL(err, TIDE_BAD_CONFIG, "the path `%s` has an empty step", path);
    }
    while (rest.size > 0) {
        tide_str step = next_step(&rest);
        if (step.size == 0) {
            return TIDE_FAIL(err, TIDE_BAD_CONFIG, "the path `%s` has an empty step", path);
        }
        if (++depth > TIDE_JSON_DEPTH_MAX) {
            return TIDE_FAIL(err, TIDE_BAD_CONFIG, "the path `%.80s...` has more than %d steps",
                             path, TIDE_JSON_DEPTH_MAX);
        }
        tide_json_node *child = find_child(at, step);
        if (child == NULL) {
            child = add_child(paths, at, step);
        }
        if (child == NULL) {
            return TIDE_FAIL_MEMORY(err, "the paths of a JSON decoder");
        }
        at = child;
    }
    *node = at;
    return TIDE_OK;
}

tide_code tide_json_paths_add_column(tide_json_paths *paths, const char *path, uint32_t column,
                                     tide_error *err)
{
    tide_json_node *node;
    TIDE_TRY(tide_json_paths_add(paths, path, &node, err));
    size_t count = node->column_count + 1;
    uint32_t *columns = tide_arena_alloc_zero(&paths->arena, count, sizeof columns[0]);
    if (columns == NULL) {
        return TIDE_FAIL_MEMORY(err, "the paths of a JSON decoder");
    }
    if (node->column_count > 0) {
        memcpy(columns, node->columns, node->column_count * sizeof columns[0]);
    }
    columns[count - 1] = column;
    node->columns = columns;
    node->column_count = (uint32_t)count;
    return TIDE_OK;
}

static tide_json_node *resolve(tide_json_node *object, tide_str key)
{
    tide_json_node *at = object;
    bool ends_with_dot = key.size > 0 && key.data[key.size - 1] == '.';
    if (key.size == 0 || ends_with_dot) {
        return NULL;
    }
    while (key.size > 0 && at != NULL) {
        at = find_child(at, next_step(&key));
    }
    return at;
}

/* Up to 8 bytes from `at`, as a number. */
static uint64_t load(const char *at, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, at, size < sizeof word ? size : sizeof word);
    return word;
}

/* The first, middle and last bytes tell the keys of a document apart nearly always. */
static uint32_t hash_key(tide_str key)
{
    const uint64_t multiplier = UINT64_C(0x9E3779B97F4A7C15);
    size_t tail = key.size < 8 ? 0 : key.size - 8;
    size_t middle = key.size < 16 ? 0 : key.size / 2 - 4;
    uint64_t hash = load(key.data, key.size) * multiplier;
    hash = (hash ^ hash >> 29 ^ load(key.data + middle, key.size - middle)) * multiplier;
    hash = (hash ^ hash >> 29 ^ load(key.data + tail, key.size - tail) ^ key.size) * multiplier;
    return (uint32_t)(hash >> 32);
}

/* The slot of the key: with its number, or an empty one. */
static uint32_t *find_slot(tide_json_node *object, tide_str key)
{
    uint32_t mask = object->slot_count - 1;
    uint32_t at = hash_key(key) & mask;
    while (object->slots[at] != 0) {
        const tide_json_key *known = &object->keys[object->slots[at]];
        if (known->size == key.size && memcmp(known->text, key.data, key.size) == 0) {
            break;
        }
        at = (at + 1) & mask;
    }
    return &object->slots[at];
}

/* Keeps at least half of the slots empty. */
static tide_code grow_slots(tide_json_node *object, tide_error *err)
{
    if (object->slots != NULL && object->key_count * 2 < object->slot_count) {
        return TIDE_OK;
    }
    uint32_t count = object->slots == NULL ? 32 : object->slot_count * 2;
    uint32_t *slots = tide_alloc_zero(count, sizeof slots[0]);
    if (slots == NULL) {
        return TIDE_FAIL_MEMORY(err, "a dictionary of JSON keys");
    }
    tide_free(object->slots);
    object->slots = slots;
    object->slot_count = count;
    for (uint32_t i = 1; i < object->key_count; i++) {
        const tide_json_key *known = &object->keys[i];
        *find_slot(object, (tide_str){known->text, known->size}) = i;
    }
    return TIDE_OK;
}

/* Room for one more key, and key 0, which matches nothing: no string begins with a NUL. */
static tide_code grow_keys(tide_json_node *object, tide_error *err)
{
    void *keys = object->keys;
    TIDE_TRY(tide_grow(&keys, &object->key_capacity, object->key_count + 2, sizeof object->keys[0],
                       err));
    object->keys = keys;
    if (object->key_count == 0) {
        object->keys[0] = (tide_json_key){.text = "", .masks = {UINT64_MAX, UINT64_MAX}};
        object->key_count = 1;
    }
    return TIDE_OK;
}

/* The shortcut of a key, which overwrites what was noted before: only where no other spelling of
 * the path can be in the same document. */
static uint32_t leaf_column_of(const tide_json_node *node, tide_str key)
{
    bool is_leaf = node != NULL && node->column_count == 1 && node->first_child == NULL &&
                   node->meta == 0 && !node->is_ambiguous &&
                   memchr(key.data, '.', key.size) == NULL;
    return is_leaf ? node->columns[0] : TIDE_JSON_NO_COLUMN;
}

/* Takes the shortcuts away of all that is at and below a node. */
static void make_ambiguous(tide_json_node *node)
{
    node->is_ambiguous = true;
    for (tide_json_node *child = node->first_child; child != NULL; child = child->next_sibling) {
        make_ambiguous(child);
    }
}

/* As deep as the longest path. */
static void take_shortcuts(tide_json_node *object)
{
    for (size_t i = 1; i < object->key_count; i++) {
        tide_json_key *key = &object->keys[i];
        if (key->node != NULL && key->node->is_ambiguous) {
            key->leaf_column = TIDE_JSON_NO_COLUMN;
        }
    }
    for (tide_json_node *child = object->first_child; child != NULL; child = child->next_sibling) {
        take_shortcuts(child);
    }
}

/* A node is reached by a key that was not known before. */
static void reach(tide_json_paths *paths, tide_json_node *node)
{
    if (node != NULL && node->is_reached && !node->is_ambiguous) {
        make_ambiguous(node);
        take_shortcuts(&paths->root);
    } else if (node != NULL) {
        node->is_reached = true;
    }
}

/* Which other keys lead there is not known. */
tide_json_node *tide_json_resolve(tide_json_paths *paths, tide_json_node *object, tide_str key)
{
    tide_json_node *node = resolve(object, key);
    if (node != NULL && !node->is_ambiguous) {
        make_ambiguous(node);
        take_shortcuts(&paths->root);
    }
    return node;
}

static tide_code learn(tide_json_paths *paths, tide_json_node *object, tide_str key,
                       uint32_t *number, tide_error *err)
{
    TIDE_TRY(grow_slots(object, err));
    TIDE_TRY(grow_keys(object, err));
    char *text = tide_arena_alloc(&paths->arena, key.size + 1);
    if (text == NULL) {
        return TIDE_FAIL_MEMORY(err, "a dictionary of JSON keys");
    }
    memcpy(text, key.data, key.size);
    text[key.size] = '"';
    *number = (uint32_t)object->key_count;
    tide_json_key *learned = &object->keys[*number];
    *learned =
        (tide_json_key){.text = text, .size = (uint32_t)key.size, .node = resolve(object, key)};
    reach(paths, learned->node);
    learned->leaf_column = leaf_column_of(learned->node, key);
    if (key.size <= TIDE_JSON_SHORT_KEY_BYTES) {
        memcpy(learned->words, text, key.size + 1);
        memset(learned->masks, 0xFF, key.size + 1);
    }
    *find_slot(object, key) = *number;
    object->key_count++;
    return TIDE_OK;
}

tide_code tide_json_look_up(tide_json_paths *paths, tide_json_node *object, tide_str key,
                            uint32_t *last, tide_json_node **node, tide_error *err)
{
    uint32_t number = 0;
    if (key.size <= TIDE_JSON_KNOWN_KEY_BYTES_MAX) {
        number = object->slots == NULL ? 0 : *find_slot(object, key);
        if (number == 0 && object->key_count < TIDE_JSON_KNOWN_KEYS_MAX) {
            TIDE_TRY(learn(paths, object, key, &number, err));
        }
    }
    if (number == 0) {
        *node = tide_json_resolve(paths, object, key);
        return TIDE_OK;
    }
    object->keys[*last].next = number;
    *last = number;
    *node = object->keys[number].node;
    return TIDE_OK;
}
