/*
 * Carbon intensity of electricity by country, g CO2e per kWh over a year: Our World in Data / Ember, CC BY 4.0, by way
 * of the table of codecarbon (global_energy_mix.json). The mean of the world is an older figure of the International
 * Energy Agency. A year's mean of a country says little about one hour of one data centre.
 */
#include "law/carbon.h"

#define GRID(iso3, country, g_per_kwh, year) {iso3, country, g_per_kwh, year},
const struct grid grids[] = {
    {"WLD", "world", 475, 2018}, /* IEA */
#include "law/carbon_grids.def"
    {"", "", 0, 0},
};
