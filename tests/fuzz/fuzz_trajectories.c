/*
 * Fuzzes trajectories. The first byte says which file the rest is: `l` lines, `m` loss.npy, `i` ids.npy, `t` ids.jsonl,
 * `j` a manifest, the others being sound. Whatever it is, it is read or refused; a loss is finite and not negative, and
 * little memory gives what much memory gives.
 */
#include "fuzz.h"

#include <math.h>
#include <unistd.h>

#include "core/path.h"
#include "score/trajectories.h"

static void put(const char *folder, const char *name, const void *bytes, size_t len)
{
    struct path path;
    check(path_make(&path, NULL, "%s/%s", folder, name) == TAMIS_OK, "the name is too long");
    FILE *const f = fopen(path.at, "wb");
    check(f && (len == 0 || fwrite(bytes, 1, len, f) == len) && fclose(f) == 0, "the disk does not take it");
}

/* Two rows of two losses. */
static void put_matrix(const char *folder)
{
    static const char header[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
    char bytes[128 + 16];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(bytes + 10, header, sizeof header - 1);
    bytes[127] = '\n';
    memset(bytes + 128, 0x40, 16);
    put(folder, "loss.npy", bytes, sizeof bytes);
}

static void put_all(const char *folder, uint8_t what, const uint8_t *data, size_t size)
{
    static const char lines[] = "{\"id\":\"a\",\"losses\":[1,2]}\n{\"id\":\"b\",\"step\":1,\"loss\":2}\n";
    static const char ids[] = "\"a\"\n\"b\"\n";
    if (what == 'm') {
        put(folder, "loss.npy", data, size);
        put(folder, "ids.jsonl", ids, sizeof ids - 1);
    } else if (what == 'i' || what == 't') {
        put_matrix(folder);
        put(folder, what == 'i' ? "ids.npy" : "ids.jsonl", data, size);
    } else if (what == 'j') {
        put(folder, "manifest.json", data, size);
        put(folder, "part-0.jsonl", lines, sizeof lines - 1);
    } else {
        put(folder, "part-0.jsonl", data, size);
    }
}

static uint64_t read_all(struct trajectories *t, const struct trajectories_facts *f)
{
    const struct trajectory *next = NULL;
    tamis_status status = TAMIS_OK;
    uint64_t count = 0, hash = 0;
    while (!(status = trajectories_next(t, &next, NULL)) && next) {
        check(next->ordinal == count++ && next->id.len > 0, "documents are not counted, or have no id");
        hash = hash_join(hash, hash_bytes(next->id.at, next->id.len, next->tokens));
        hash = hash_join(hash, hash_bytes(next->domain.at, next->domain.len, 0));
        for (size_t i = 0; i < f->checkpoints; i++) {
            check(isnan(next->losses[i]) || (next->losses[i] >= 0 && isfinite(next->losses[i])), "a loss is none");
            hash = isnan(next->losses[i]) ? hash_join(hash, i) : hash_join(hash, hash_bytes(&next->losses[i], 8, i));
        }
    }
    check(status == TAMIS_OK, "what was opened cannot be read");
    check(count == f->documents, "documents are missing");
    check(f->broken <= f->records && f->lossy <= f->records, "more is broken than there is");
    return hash;
}

static uint64_t run(const char *folder, const char *tmp, uint64_t memory)
{
    const struct trajectories_options options = {.tmp = tmp, .memory = memory};
    struct trajectories *t = NULL;
    tamis_err err = {.status = TAMIS_OK};
    const tamis_status status = trajectories_open(&t, folder, &options, &err);
    check(status == TAMIS_OK || status == TAMIS_INPUT || status == TAMIS_USAGE, "neither read nor refused");
    const uint64_t hash = status ? hash_bytes(err.text, strlen(err.text), 1) : read_all(t, trajectories_facts(t));
    trajectories_close(t);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/tamis-fuzz-XXXXXX";
    struct path input, tmp;
    check(mkdtemp(folder) != NULL, "no folder");
    check(path_make(&input, NULL, "%s/in", folder) == TAMIS_OK, "the name is too long");
    check(path_make(&tmp, NULL, "%s/tmp", folder) == TAMIS_OK, "the name is too long");
    check(file_make_folders(input.at, NULL) == TAMIS_OK && file_make_folders(tmp.at, NULL) == TAMIS_OK, "no folder");
    put_all(input.at, size > 0 ? data[0] : 'l', size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0);
    check(run(input.at, tmp.at, 64 << 20) == run(input.at, tmp.at, 1), "memory makes a difference");
    check(rmdir(tmp.at) == 0, "temporary files are left");
    check(file_remove_tree(folder, NULL) == TAMIS_OK, "the folder cannot be removed");
    return 0;
}
