/*
 * Operations, hours, energy, carbon. Peaks are of dense 16-bit operations: figures that makers print for sparse ones
 * are twice as high. Where a device's average system power is not known it is taken as 1.1 times the rated power,
 * which is what was measured of a V100: 330 W for 300 W rated (LLMCarbon's table, GPT-3).
 */
#include "law/carbon.h"

#include <math.h>
#include <string.h>

#define SECONDS 3600.0

/* Carbon per area of a process, kg CO2e per cm2, from LLMCarbon's table of hardware. */
#define TSMC_16NM 1.0
#define TSMC_12NM 1.2
#define TSMC_7NM 1.6
#define TSMC_4NM 1.8

const struct device devices[] = {
    {"H100", 989.4e12, 700, 770, 8.14, TSMC_4NM,
     "H100 SXM: peak and rated power by its maker (from memory); die by LLMCarbon; power 1.1 x rated"},
    {"H200", 989.4e12, 700, 770, 8.14, TSMC_4NM,
     "peak and rated power by its maker (from memory); the die is the H100's; power 1.1 x rated"},
    {"A100", 312e12, 400, 440, 8.26, TSMC_7NM,
     "A100 SXM: peak, rated power and die by its maker (from memory); power 1.1 x rated"},
    {"A100-PCIe", 312e12, 300, 330, 8.26, TSMC_7NM,
     "80 GB; the one of 40 GB is rated 250 W; by its maker (from memory); power 1.1 x rated"},
    {"V100", 125e12, 300, 330, 8.15, TSMC_12NM, "LLMCarbon, Faiz et al. 2024; power as measured for GPT-3"},
    {"L40S", 362e12, 350, 385, 6.09, TSMC_4NM,
     "peak, rated power and die by its maker (from memory); power 1.1 x rated"},
    {"L4", 121e12, 72, 79.2, 2.95, TSMC_4NM,
     "peak, rated power and die by its maker (from memory); power 1.1 x rated"},
    {"TPUv3", 123e12, 450, 283, 7, TSMC_16NM,
     "LLMCarbon, Faiz et al. 2024, where 245 to 310 W were measured; power by its operator's report (from memory)"},
    {"TPUv4", 275e12, 192, 211.2, 4, TSMC_7NM,
     "peak and power by its operator (from memory); die by LLMCarbon; power 1.1 x rated"},
    {0},
};

/* ---- Names ------------------------------------------------------------------------------------------------------ */

#define DEVICES (sizeof devices / sizeof *devices)

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Letters of any case are the same. */
static bool same_name(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

tamis_status device_find(const char *name, const struct device **device, tamis_err *err)
{
    const char *names[DEVICES] = {NULL};
    for (size_t i = 0; devices[i].name; i++) {
        names[i] = devices[i].name;
        if (same_name(name, devices[i].name)) {
            *device = &devices[i];
            return TAMIS_OK;
        }
    }
    const char *const near = tamis_nearest((tamis_str){name, strlen(name)}, names);
    return tamis_fail(err, TAMIS_USAGE, "the device '%.100s' is not known%s%s%s; known are H100, H200, A100, "
                      "A100-PCIe, V100, L40S, L4, TPUv3 and TPUv4", name, near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}

tamis_status grid_find(const char *name, const struct grid **grid, tamis_err *err)
{
    for (size_t i = 0; grids[i].iso3[0]; i++) {
        if (same_name(name, grids[i].iso3) || same_name(name, grids[i].country)) {
            *grid = &grids[i];
            return TAMIS_OK;
        }
    }
    return tamis_fail(err, TAMIS_USAGE, "the grid '%.100s' is not known: give the three letters of a country (ISO "
                      "3166: USA, FRA, CHN ..), WLD for the world, or a number of g CO2e per kWh", name);
}

/* ---- Formulas --------------------------------------------------------------------------------------------------- */

double training_flop(double parameters, double tokens)
{
    return 6 * parameters * tokens;
}

double inference_flop(double parameters, double tokens)
{
    return 2 * parameters * tokens;
}

double device_hours(double flop, double peak, double utilisation)
{
    return flop / (peak * utilisation) / SECONDS;
}

double energy_kwh(double hours, double watts, double pue)
{
    return hours * watts * pue / 1000;
}

double embodied_kg(double hours, double lifetime_hours, double area, double per_area, double count)
{
    return hours / lifetime_hours * area * per_area * count;
}

void price_of(const struct price_question *question, struct price *price)
{
    const struct device *const device = question->device;
    const double watts = isnan(question->watts) ? device->power : question->watts;
    *price = (struct price){.flop = question->flop};
    for (size_t i = 0; i < 2; i++) {
        price->hours[i] = device_hours(question->flop, device->peak, question->utilisation[1 - i]);
        price->kwh[i] = energy_kwh(price->hours[i], watts, question->pue);
        price->kg[i] = price->kwh[i] * question->g_per_kwh / 1000;
    }
    price->embodied[0] = device->area > 0 ? embodied_kg(price->hours[0], DEVICE_LIFETIME_HOURS, device->area,
                                                        device->per_area, 1)
                                          : (double)NAN;
    price->embodied[1] = embodied_kg(price->hours[1], DEVICE_LIFETIME_HOURS, SERVER_SHARE_KG, 1, 1);
}
