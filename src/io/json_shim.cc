/*
 * The one file that knows simdjson. Nothing is thrown: the library is used through its error codes only, and its
 * allocations do not throw either. Deliberately small; what JSON means for a record is decided in reader_jsonl.c.
 */
#ifndef SIMDJSON_EXCEPTIONS
#define SIMDJSON_EXCEPTIONS 0
#endif
#include <simdjson.h>

#include "io/json_shim.h"

#include <cstring>
#include <limits>
#include <new>
#include <string_view>

using simdjson::dom::element;
using simdjson::dom::object;

namespace {

constexpr size_t max_depth = 1000;
constexpr size_t small_capacity = size_t(64) << 10;
constexpr size_t kept_capacity = size_t(16) << 20; /* simdjson reserves 14 bytes per byte of its longest line */

enum dom_verdict verdict_of(simdjson::error_code error)
{
    switch (error) {
    case simdjson::SUCCESS: return DOM_FINE;
    case simdjson::MEMALLOC: return DOM_NO_MEMORY;
    case simdjson::DEPTH_ERROR: return DOM_TOO_DEEP;
    case simdjson::STRING_ERROR: return DOM_BAD_STRING;
    case simdjson::NUMBER_ERROR: return DOM_BAD_NUMBER;
    default: return DOM_BROKEN;
    }
}

} // namespace

struct dom {
    simdjson::dom::parser parser;
    element root;
};

extern "C" struct dom *dom_new(void)
{
    return new (std::nothrow) dom();
}

extern "C" void dom_free(struct dom *d)
{
    delete d;
}

/* Room grows by doubling, and what one giant line needed is given back with the next ordinary one. */
static simdjson::error_code make_room(struct dom *d, size_t len)
{
    const size_t capacity = d->parser.capacity();
    const bool shrink = capacity > kept_capacity && len <= kept_capacity / 2;
    if (len <= capacity && !shrink) {
        return simdjson::SUCCESS;
    }
    size_t wanted = small_capacity;
    while (wanted < len && wanted < kept_capacity) {
        wanted *= 2;
    }
    if (shrink) {
        d->parser = simdjson::dom::parser();
    }
    return d->parser.allocate(wanted < len ? len : wanted, max_depth + 1);
}

extern "C" enum dom_verdict dom_parse(struct dom *d, tamis_str json)
{
    if (json.len > simdjson::SIMDJSON_MAXSIZE_BYTES) {
        return DOM_BROKEN;
    }
    simdjson::error_code error = make_room(d, json.len);
    if (error == simdjson::SUCCESS) {
        error = d->parser.parse(json.at, json.len, false).get(d->root);
    }
    return verdict_of(error);
}

extern "C" size_t dom_structurals(const struct dom *d)
{
    return d->parser.implementation ? d->parser.implementation->n_structural_indexes : 0;
}

extern "C" bool dom_is_object(const struct dom *d)
{
    return d->root.is_object();
}

/* ---- Finding ---------------------------------------------------------------------------------------------------- */

static bool truth(const element &found)
{
    bool value = false;
    return found.get(value) == simdjson::SUCCESS && value;
}

static void read_value(const element &found, struct dom_value *value)
{
    std::string_view string;
    switch (found.type()) {
    case simdjson::dom::element_type::STRING:
        if (found.get(string) == simdjson::SUCCESS) {
            value->kind = DOM_STRING;
            value->string = tamis_str{string.data(), string.size()};
        }
        break;
    case simdjson::dom::element_type::INT64:
        if (found.get(value->negative) == simdjson::SUCCESS) {
            value->kind = value->negative < 0 ? DOM_NEGATIVE : DOM_COUNT;
            value->count = value->negative < 0 ? 0 : uint64_t(value->negative);
            value->real = double(value->negative);
        }
        break;
    case simdjson::dom::element_type::UINT64:
        if (found.get(value->count) == simdjson::SUCCESS) {
            value->kind = DOM_COUNT;
            value->real = double(value->count);
        }
        break;
    case simdjson::dom::element_type::DOUBLE:
        if (found.get(value->real) == simdjson::SUCCESS) {
            value->kind = DOM_REAL;
        }
        break;
    case simdjson::dom::element_type::NULL_VALUE: value->kind = DOM_NULL; break;
    case simdjson::dom::element_type::BOOL: value->kind = truth(found) ? DOM_TRUE : DOM_OTHER; break;
    default: value->kind = DOM_OTHER; break;
    }
}

static bool find_key(const object &in, std::string_view key, element *found, uint32_t *step)
{
    uint32_t place = 0;
    for (const auto field : in) {
        if (field.key == key) {
            *found = field.value;
            *step = place;
            return true;
        }
        place++;
    }
    return false;
}

static bool find_path(const element &at, std::string_view path, struct dom_value *value)
{
    object in;
    if (value->depth == DOM_MAX_STEPS || at.get(in) != simdjson::SUCCESS) {
        return false;
    }
    element found;
    const size_t here = value->depth;
    for (size_t len = path.size(); len != path.npos; len = len > 0 ? path.rfind('.', len - 1) : path.npos) {
        if (!find_key(in, path.substr(0, len), &found, &value->steps[here])) {
            continue;
        }
        value->depth = here + 1;
        if (len == path.size()) {
            read_value(found, value);
            return true;
        }
        if (find_path(found, path.substr(len + 1), value)) {
            return true;
        }
        value->depth = here;
    }
    return false;
}

extern "C" void dom_find(const struct dom *d, const char *path, struct dom_value *value)
{
    *value = dom_value{};
    (void)find_path(d->root, std::string_view(path, strlen(path)), value);
}

extern "C" void dom_root(const struct dom *d, struct dom_value *value)
{
    *value = dom_value{};
    read_value(d->root, value);
}

extern "C" size_t dom_numbers(const struct dom *d, const char *key, double *numbers, size_t room)
{
    object in;
    element found;
    simdjson::dom::array array;
    uint32_t step = 0;
    if (d->root.get(in) != simdjson::SUCCESS || !find_key(in, key, &found, &step) ||
        found.get(array) != simdjson::SUCCESS) {
        return SIZE_MAX;
    }
    size_t count = 0;
    for (const element number : array) {
        double value = std::numeric_limits<double>::quiet_NaN();
        if (!number.is_null() && number.get(value) != simdjson::SUCCESS) { /* a whole number is a double too */
            return SIZE_MAX;
        }
        if (count < room) {
            numbers[count] = value;
        }
        count++;
    }
    return count;
}

struct listing {
    struct dom_string *at;
    size_t count, room;
};

static void list_strings(const object &in, char (&path)[sizeof dom_string::path], size_t len, size_t depth,
                         struct listing *list)
{
    for (const auto field : in) {
        std::string_view string;
        object inner;
        const size_t longer = len + field.key.size();
        if (longer + 2 > sizeof path || list->count == list->room) {
            continue;
        }
        memcpy(path + len, field.key.data(), field.key.size());
        if (field.value.get(string) == simdjson::SUCCESS) {
            struct dom_string *const one = &list->at[list->count++];
            memcpy(one->path, path, longer);
            one->path[longer] = '\0';
            one->len = string.size();
        } else if (depth < DOM_MAX_STEPS && field.value.get(inner) == simdjson::SUCCESS) {
            path[longer] = '.';
            list_strings(inner, path, longer + 1, depth + 1, list);
        }
    }
}

extern "C" size_t dom_strings(const struct dom *d, struct dom_string *strings, size_t room)
{
    char path[sizeof strings->path];
    object in;
    struct listing list = {strings, 0, room};
    if (d->root.get(in) == simdjson::SUCCESS) {
        list_strings(in, path, 0, 1, &list);
    }
    return list.count;
}

extern "C" bool dom_valid_utf8(tamis_str bytes)
{
    return bytes.len == 0 || simdjson::validate_utf8(bytes.at, bytes.len);
}
