/*
 * Prices against published ones: LLMCarbon's validation table, its embodied carbon, and worked examples.
 */
#include "law_world.h"

#include "core/csv.h"
#include "core/str.h"
#include "law/carbon.h"

#define DATABASE "llmcarbon_database.csv"

static const char *shared(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "../shared/data/%s", name);
    return path;
}

/* ---- The validation table --------------------------------------------------------------------------------------- */

struct trained {
    double flop, tera, efficiency, watts, kg_per_kwh, pue;
};

static double tons(const struct trained *t)
{
    const struct device device = {.name = "as measured", .peak = t->tera * 1e12, .power = t->watts};
    const struct price_question q = {.flop = t->flop, .device = &device, .watts = NAN,
                                     .utilisation = {t->efficiency, t->efficiency}, .pue = t->pue,
                                     .g_per_kwh = 1000 * t->kg_per_kwh};
    struct price price;
    price_of(&q, &price);
    assert_true(price.kg[0] == price.kg[1] && price.hours[0] == price.hours[1]);
    return price.kg[0] / 1000;
}

static const struct {
    const char *model;
    struct trained trained;
    double predicted, reported;
} validation[] = {
    {"T5", {6 * 11e9 * 600e9, 123, 0.37, 310, 0.545, 1.12}, 45.74, 46.7},
    {"GPT3", {6 * 175e9 * 300e9, 125, 0.197, 330, 0.429, 1.1}, 553.34, 552.1},
    {"Gshard", {6 * 2.3e9 * 1000e9, 123, 0.39, 288, 0.177, 1.09}, 4.44, 4.3},
    {"Switch", {6 * 7.41e9 * 2000e9, 123, 0.28, 245, 0.33, 1.1}, 63.78, 59.1},
    {"XLM", {6 * 0.55e9 * 7000e9, 125, 0.212, 342, 0.413, 1.1}, 37.62, 39},
};
#define MODELS (sizeof validation / sizeof *validation)

static void test_validation(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        assert_near(tons(&validation[i].trained), validation[i].predicted, 0.005);
        assert_near(tons(&validation[i].trained) / validation[i].reported, 1, 0.08);
    }
    assert_near(tons(&validation[1].trained) / validation[1].reported, 1, 0.003);
}

static double cell(const struct csv *table, size_t row, const char *name)
{
    double value = NAN;
    (void)str_real(csv_at(table, row, csv_find(table, name)).text, &value);
    return value;
}

/* The same from the table itself; the active parameters of a mixture of experts are in its second column of sizes. */
static void test_validation_from_the_table(void **state)
{
    struct csv table;
    struct buf text;
    tamis_err err = {0};
    if (!file_exists(shared(DATABASE))) {
        print_message("skipped: %s is not here\n", shared(DATABASE));
        skip();
    }
    buf_init(&text, 1 << 20);
    assert_int_equal(file_read(shared(DATABASE), 1 << 20, &text, &err), TAMIS_OK);
    assert_int_equal(csv_parse(&table, *state, DATABASE, buf_str(&text), &err), TAMIS_OK);
    assert_int_equal(table.rows, MODELS);
    for (size_t i = 0; i < MODELS; i++) {
        const double active = cell(&table, i, "base model param. # (B)");
        const double size = isnan(active) ? cell(&table, i, "parameter # (B)") : active;
        const struct trained t = {.flop = training_flop(size * 1e9, cell(&table, i, "token # (B)") * 1e9),
                                  .tera = cell(&table, i, "peak TFLOPs/s"),
                                  .efficiency = cell(&table, i, "hardware efficiency"),
                                  .watts = cell(&table, i, "avg. system power (W)"),
                                  .kg_per_kwh = cell(&table, i, "CO2eq/KWh"), .pue = cell(&table, i, "PUE")};
        assert_near(tons(&t), validation[i].predicted, 0.005);
    }
    buf_release(&text);
}

/* Rated power x efficiency is no power: the efficiency cancels, and GPT-3 comes out at a fifth of what was reported. */
static void test_trap(void **state)
{
    (void)state;
    struct trained t = validation[1].trained;
    t.watts = 300 * t.efficiency;
    assert_near(tons(&t), 99.1, 0.05);
    t.efficiency /= 2;
    t.watts = 300 * t.efficiency;
    assert_near(tons(&t), 99.1, 0.05);
}

/* Carbon per parameter and token: CO2 = K1 N D, whatever the number of devices. */
static void test_per_parameter_and_token(void **state)
{
    (void)state;
    struct trained t = validation[1].trained;
    t.flop = 6;
    assert_near(tons(&t) * 1000, 1.05399e-17, 5e-23);
}

/* ---- Embodied --------------------------------------------------------------------------------------------------- */

static const struct device *found(const char *name)
{
    const struct device *device = NULL;
    tamis_err err = {0};
    if (device_find(name, &device, &err)) {
        fail_msg("%s", err.text);
    }
    return device;
}

static void test_embodied(void **state)
{
    (void)state;
    const double life = DEVICE_LIFETIME_HOURS;
    const struct device *const v100 = found("V100"), *const h100 = found("h100");
    assert_near(embodied_kg(life, life, v100->area, v100->per_area, 1), 9.78, 1e-12);
    assert_near(embodied_kg(life, life, h100->area, h100->per_area, 1), 14.652, 1e-12);
    /* XLM: 64 hosts (processor, memory, disk, and the rest as the table prints it) and 512 V100 for 20.4 days. */
    const double hours = 20.4 * 24;
    const double kg = embodied_kg(hours, life, 1.47 + 102.4 + 576 + 148.2, 1, 64) +
                      embodied_kg(hours, life, v100->area, v100->per_area, 512);
    assert_near(kg / 1000, 0.648, 0.0005);
}

/* ---- Ranges ----------------------------------------------------------------------------------------------------- */

static struct price_question one_billion(double tokens)
{
    return (struct price_question){.flop = training_flop(1e9, tokens), .device = found("H100"), .watts = 700,
                                   .utilisation = {0.16, 0.40}, .pue = 1.1, .g_per_kwh = 369.473};
}

static void test_worked_example(void **state)
{
    (void)state;
    struct price full, kept, proxy;
    struct price_question q = one_billion(100e9);
    price_of(&q, &full);
    q.flop = training_flop(1e9, 70e9);
    price_of(&q, &kept);
    q.flop = inference_flop(125e6, 100e9);
    price_of(&q, &proxy);
    assert_near(full.kg[0], 119.81, 0.005);
    assert_near(kept.kg[0], 83.87, 0.005);
    assert_near(proxy.flop / full.flop, 0.042, 0.0005);
    assert_near(proxy.kg[0], 5.0, 0.05);
    assert_near(full.kg[0] - kept.kg[0] - proxy.kg[0], 30.9, 0.1);
}

/* The efficiency decides the hours and so the energy: from 0.40 to 0.16 is two and a half times as much. */
static void test_range(void **state)
{
    (void)state;
    struct price price;
    struct price_question q = one_billion(100e9);
    price_of(&q, &price);
    assert_near(price.hours[1] / price.hours[0], 2.5, 1e-12);
    assert_near(price.kwh[1] / price.kwh[0], 2.5, 1e-12);
    assert_near(price.kg[1] / price.kg[0], 2.5, 1e-12);
    assert_near(price.embodied[0], price.hours[0] / DEVICE_LIFETIME_HOURS * 14.652, 1e-9);
    assert_near(price.embodied[1], price.hours[1] / DEVICE_LIFETIME_HOURS * 318, 1e-9);
    q.watts = NAN;
    price_of(&q, &price);
    assert_near(price.kwh[0], price.hours[0] * 770 * 1.1 / 1000, 1e-6); /* 1.1 x rated */
}

/* ---- Tables ----------------------------------------------------------------------------------------------------- */

static void test_devices(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double tera, rated;
    } known[] = {{"V100", 125, 300}, {"A100", 312, 400}, {"a100-pcie", 312, 300}, {"H100", 989.4, 700},
                 {"H200", 989.4, 700}, {"L40S", 362, 350}, {"L4", 121, 72}, {"TPUv3", 123, 450}, {"tpuv4", 275, 192}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_near(found(known[i].name)->peak, known[i].tera * 1e12, 1);
        assert_near(found(known[i].name)->rated, known[i].rated, 0);
    }
    for (size_t i = 0; devices[i].name; i++) {
        const double by_rated = strcmp(devices[i].name, "TPUv3") == 0 ? 283.0 / 450 : 1.1;
        assert_near(devices[i].power / devices[i].rated, by_rated, 1e-12);
        assert_true(devices[i].source && devices[i].area > 0 && devices[i].per_area > 0);
    }
    const struct device *device = NULL;
    tamis_err err = {0};
    assert_int_equal(device_find("H10", &device, &err), TAMIS_USAGE);
    assert_says(err.text, "did you mean 'H100'?");
}

static void test_grids(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double g;
    } known[] = {{"USA", 369}, {"FRA", 56}, {"deu", 381}, {"Sweden", 41}, {"NOR", 30}, {"GBR", 238},
                 {"CAN", 170}, {"POL", 662}, {"CHN", 582}, {"IND", 713}, {"world", 475}};
    const struct grid *grid = NULL;
    tamis_err err = {0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_int_equal(grid_find(known[i].name, &grid, &err), TAMIS_OK);
        assert_near(grid->g_per_kwh, known[i].g, 0.5);
    }
    for (; grids[count].iso3[0]; count++) {
        assert_int_equal(strlen(grids[count].iso3), 3);
        assert_true(grids[count].g_per_kwh >= 0 && grids[count].g_per_kwh < 2000 && grids[count].year >= 2000);
    }
    assert_int_equal(count, 214);
    assert_int_equal(grid_find("Atlantis", &grid, &err), TAMIS_USAGE);
    assert_says(err.text, "WLD for the world");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validation),
        cmocka_unit_test_setup_teardown(test_validation_from_the_table, set_up, tear_down),
        cmocka_unit_test(test_trap),
        cmocka_unit_test(test_per_parameter_and_token),
        cmocka_unit_test(test_embodied),
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_grids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
