/* Names, laws, pools and weights of several domains. */
#include "cmd/plan_domains.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"

#define GENERAL "general"

static tamis_status fail_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the domains of a plan; free some memory and run it again");
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

/* The name of a file without its folder and what follows the first dot; NULL: no memory. */
static const char *stem_of(struct cli *cli, const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    return arena_strdup(&cli->arena, (tamis_str){name, strcspn(name, ".")});
}

static bool taken_twice(const struct plan_domains *domains, const char *const *names, size_t i)
{
    bool twice = names[i][0] == '\0' || strcmp(names[i], GENERAL) == 0;
    for (size_t k = 0; k < domains->count; k++) {
        twice = twice || (k != i && strcmp(names[k], names[i]) == 0);
    }
    return twice;
}

/* Every domain has a name that no other has, whatever the files and labels are called. */
static tamis_status name_all(struct cli *cli, struct plan_domains *domains, tamis_err *err)
{
    const char **const wanted = arena_alloc(&cli->arena, (domains->count + 1) * sizeof *wanted);
    for (size_t i = 0; wanted && i < domains->count; i++) {
        const struct plan_domain *const d = &domains->at[i];
        wanted[i] = d->law.name || !d->path ? d->law.name : stem_of(cli, d->path);
        if (!wanted[i]) {
            return fail_memory(err);
        }
    }
    for (size_t i = 0; wanted && i < domains->count; i++) {
        char numbered[40];
        snprintf(numbered, sizeof numbered, "domain%zu", i + 1);
        domains->at[i].name =
            taken_twice(domains, wanted, i) ? arena_strdup(&cli->arena, str_from(numbered)) : wanted[i];
        if (!domains->at[i].name) {
            return fail_memory(err);
        }
    }
    return wanted ? TAMIS_OK : fail_memory(err);
}

static tamis_status find(struct cli *cli, const char *option, tamis_str name, struct plan_domains *domains,
                         struct plan_domain **domain, tamis_err *err)
{
    struct buf list;
    const char **const names = arena_alloc(&cli->arena, (domains->count + 2) * sizeof *names);
    *domain = NULL;
    if (!names) {
        return fail_memory(err);
    }
    buf_init(&list, 600);
    bool listed = true;
    for (size_t i = 0; i < domains->count; i++) {
        names[i] = domains->at[i].name;
        listed = listed && buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
        if (!*domain && str_is(name, names[i])) {
            *domain = &domains->at[i];
        }
    }
    names[domains->count] = GENERAL;
    names[domains->count + 1] = NULL;
    const tamis_status status = *domain ? TAMIS_OK
                                        : plan_unknown_name(option, name, names, list.len ? list.at : GENERAL, err);
    buf_release(&list);
    return status;
}

/* ---- Pools and weights ------------------------------------------------------------------------------------------ */

static tamis_status read_tokens(tamis_str name, tamis_str number, uint64_t *tokens, tamis_err *err)
{
    return str_count(number, tokens) ? TAMIS_OK
                                     : tamis_fail(err, TAMIS_USAGE, "--pool %.*s: '%.*s' is no count of tokens such as "
                                                  "5e9 or 300M", STR_ARGS(name), STR_ARGS(number));
}

static tamis_status read_pool(struct cli *cli, const char *text, struct plan_domains *domains, tamis_err *err)
{
    struct plan_domain *domain = NULL;
    tamis_str name, number;
    if (!plan_split(text, &name, &number)) {
        return tamis_fail(err, TAMIS_USAGE, "--pool: '%s' is not NAME=TOKENS", text);
    }
    if (str_is(name, GENERAL)) {
        return read_tokens(name, number, &domains->general, err);
    }
    const tamis_status status = find(cli, "--pool", name, domains, &domain, err);
    return status || !domain ? status : read_tokens(name, number, &domain->pool, err);
}

static tamis_status read_weight(struct cli *cli, const char *text, struct plan_domains *domains, tamis_err *err)
{
    struct plan_domain *domain = NULL;
    tamis_str name, number;
    if (!plan_split(text, &name, &number)) {
        return tamis_fail(err, TAMIS_USAGE, "--weight: '%s' is not NAME=W", text);
    }
    const tamis_status status = find(cli, "--weight", name, domains, &domain, err);
    if (!status && domain && !(str_real(number, &domain->weight) && domain->weight > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--weight %.*s: '%.*s' is no weight above 0, such as 2", STR_ARGS(name),
                          STR_ARGS(number));
    }
    return status;
}

/* ---- Domains ---------------------------------------------------------------------------------------------------- */

static tamis_status begin(struct cli *cli, struct plan_domains *domains, size_t count, tamis_err *err)
{
    if (count > SIZE_MAX / 2 / sizeof *domains->at) {
        return fail_memory(err);
    }
    *domains = (struct plan_domains){.general = UINT64_MAX};
    domains->at = arena_alloc(&cli->arena, (count + 1) * sizeof *domains->at);
    for (size_t i = 0; domains->at && i < count; i++) {
        domains->at[i] = (struct plan_domain){.pool = UINT64_MAX, .weight = 1};
    }
    return domains->at ? TAMIS_OK : fail_memory(err);
}

static tamis_status from_laws(struct cli *cli, struct plan_domains *domains, tamis_err *err)
{
    tamis_status status = begin(cli, domains, cli->argument_count, err);
    for (; !status && domains->count < cli->argument_count; domains->count++) {
        struct plan_domain *const d = &domains->at[domains->count];
        d->path = cli->arguments[domains->count];
        status = dcpt_load(d->path, &cli->arena, &d->law, err);
    }
    return status ? status : name_all(cli, domains, err);
}

static tamis_status from_pools(struct cli *cli, struct plan_domains *domains, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    tamis_status status = begin(cli, domains, options->pool.count, err);
    for (size_t i = 0; !status && i < options->pool.count; i++) {
        struct plan_domain *const d = &domains->at[domains->count];
        tamis_str name, number;
        if (!plan_split(options->pool.at[i], &name, &number) || name.len == 0 || str_is(name, GENERAL)) {
            continue; /* read_pool() says what is wrong */
        }
        d->name = arena_strdup(&cli->arena, name);
        status = d->name ? TAMIS_OK : fail_memory(err);
        domains->count++;
    }
    return status;
}

tamis_status plan_domains_read(struct cli *cli, struct plan_domains *domains, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    tamis_status status = cli->argument_count ? from_laws(cli, domains, err) : from_pools(cli, domains, err);
    for (size_t i = 0; !status && i < options->pool.count; i++) {
        status = read_pool(cli, options->pool.at[i], domains, err);
    }
    for (size_t i = 0; !status && i < options->weight.count; i++) {
        status = read_weight(cli, options->weight.at[i], domains, err);
    }
    return status;
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

uint64_t plan_usable(uint64_t pool, double epochs)
{
    const double usable = floor((double)pool * epochs);
    return pool == UINT64_MAX || usable >= 0x1p63 ? UINT64_MAX : (uint64_t)usable;
}

void plan_print_pools(struct json *json, const char *const *names, const uint64_t *pools, const uint64_t *taken,
                      size_t count, bool known)
{
    json_key(json, "pool_tokens");
    json_open(json, '{');
    for (size_t i = 0; i < count; i++) {
        json_key(json, names[i]);
        if (known) {
            json_count(json, taken[i]);
        } else {
            json_null(json);
        }
    }
    json_close(json, '}');
    json_key(json, "epochs");
    json_open(json, '{');
    for (size_t i = 0; i < count; i++) {
        json_key_real(json, names[i], !known || pools[i] == UINT64_MAX ? NAN
                                      : taken[i] == 0                  ? 0
                                                                       : (double)taken[i] / (double)pools[i]);
    }
    json_close(json, '}');
}
