/*
 * See manifest.h. Nothing here depends on the machine, the threads or the time. `bytes` never count newlines: a
 * shard's text has bytes + documents in all, and that text is what its xxh3 is of.
 */
#include "mix/manifest.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/json.h"

void manifest_shard_name(char *name, const struct recipe *recipe, uint64_t shard, uint64_t shards)
{
    snprintf(name, MANIFEST_NAME_BYTES, "train-%05" PRIu64 "-of-%05" PRIu64 ".jsonl%s", shard, shards,
             codec_ending(recipe->output.codec.codec));
}

static double share(uint64_t part, uint64_t whole)
{
    return whole != 0 ? (double)part / (double)whole : 0;
}

static void write_domains(struct json *j, const struct recipe *recipe, const struct recipe_target *asked,
                          const struct plan_target *planned, const struct emit_target *written)
{
    json_key(j, "domains");
    json_open(j, '[');
    for (size_t d = 0; d < recipe->domain_count; d++) {
        json_open(j, '{');
        json_key_text(j, "domain", recipe->domains[d].name);
        json_key_count(j, "documents", written->domain_documents[d]);
        json_key_count(j, "tokens", written->domain_tokens[d]);
        json_key_count(j, "tokens_wanted", planned->needs[d].tokens);
        json_key_real(j, "ratio_wanted", asked->shares[d]);
        json_key_real(j, "ratio", share(written->domain_tokens[d], written->tokens));
        json_key_real(j, "epochs", share(written->domain_tokens[d], planned->needs[d].pool));
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_shards(struct json *j, const struct recipe *recipe, const struct emit_target *written,
                         const struct shard *shards)
{
    char text[MANIFEST_NAME_BYTES];
    json_key(j, "shards");
    json_open(j, '[');
    for (uint64_t s = 0; s < written->shards; s++) {
        json_open(j, '{');
        manifest_shard_name(text, recipe, s, written->shards);
        json_key_text(j, "file", text);
        json_key_count(j, "documents", shards[s].documents);
        json_key_count(j, "tokens", shards[s].tokens);
        json_key_count(j, "bytes", shards[s].bytes);
        snprintf(text, sizeof text, "%016" PRIx64, shards[s].xxh3);
        json_key_text(j, "xxh3", text);
        json_close(j, '}');
    }
    json_close(j, ']');
}

tamis_status manifest_write(const char *path, const struct run *run, const struct plan *plan, size_t target,
                            const struct emit_target *written, const struct shard *shards, tamis_err *err)
{
    const struct recipe *const recipe = run->recipe;
    const struct recipe_target *const asked = &recipe->targets[target];
    struct buf out;
    struct json j;
    buf_init(&out, BUF_UNLIMITED);
    json_init(&j, &out, 2);
    json_open(&j, '{');
    json_key_count(&j, "version", MANIFEST_VERSION);
    json_key_text(&j, "target", asked->name);
    json_key_count(&j, "seed", recipe->seed);
    json_key_count(&j, "tokens", written->tokens);
    json_key_count(&j, "documents", written->documents);
    json_key_count(&j, "bytes", written->bytes);
    json_key_bool(&j, "tokens_estimated", recipe->tokens_estimated);
    json_key_text(&j, "domain", recipe->domains[asked->domain].name);
    json_key_real(&j, "ratio_wanted", asked->ratio);
    json_key_real(&j, "ratio", share(written->domain_tokens[asked->domain], written->tokens));
    write_domains(&j, recipe, asked, &plan->targets[target], written);
    write_shards(&j, recipe, written, shards);
    json_close(&j, '}');
    const bool fine = !j.failed && buf_add_char(&out, '\n');
    return file_write_text(path, &out, fine, err);
}
