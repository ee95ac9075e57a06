/*
 * What training costs: operations, device hours, energy, carbon (LLMCarbon, Faiz et al. 2024, arXiv 2309.14393, whose
 * own validation uses average system power per device, not rated power times efficiency).
 */
#ifndef TAMIS_LAW_CARBON_H
#define TAMIS_LAW_CARBON_H

#include "tamis.h"

struct device {
    const char *name;      /* H100, A100, V100, ..; NULL ends the table */
    double peak;           /* FLOP/s, dense, 16 bit */
    double rated;          /* W */
    double power;          /* average system power per device, W: device and its share of the host; a default */
    double area, per_area; /* cm2 of die, kg CO2e per cm2; 0: not known */
    const char *source;
};
extern const struct device devices[];
/* Letters of any case are the same, in both. TAMIS_USAGE: not in the table. */
tamis_status device_find(const char *name, const struct device **device, tamis_err *err) TAMIS_MUST_CHECK;

/*
 * Carbon intensity of electricity by country (Our World in Data / Ember, CC BY 4.0, by way of codecarbon); the world's
 * is an older figure of the International Energy Agency.
 */
struct grid {
    char iso3[4];
    const char *country;
    double g_per_kwh;
    int year;
};
extern const struct grid grids[]; /* iso3 "" ends it */
/* ISO 3166 alpha-3, WLD, or the country's name. */
tamis_status grid_find(const char *name, const struct grid **grid, tamis_err *err) TAMIS_MUST_CHECK;

double training_flop(double parameters, double tokens);  /* 6 N D; N active parameters */
double inference_flop(double parameters, double tokens); /* 2 N D */
double device_hours(double flop, double peak, double utilisation);
double energy_kwh(double hours, double watts, double pue);
/* Of `count` things of `area` cm2 and `per_area` kg CO2e per cm2 (or GB, kg per GB), for these hours of their life. */
double embodied_kg(double hours, double lifetime_hours, double area, double per_area, double count);

#define DEVICE_LIFETIME_HOURS (5 * 365 * 24.0)
#define SERVER_SHARE_KG 318.0 /* embodied carbon of a device with its share of the server (Chien et al. 2023, A100) */

/* A range, because utilisation is one: index 0 from the high utilisation (least), 1 from the low one. */
struct price_question {
    double flop;
    const struct device *device;
    double watts;           /* NaN: device->power */
    double utilisation[2];  /* low, high; (0, 1] */
    double pue;             /* >= 1 */
    double g_per_kwh;
};
struct price {
    double flop, hours[2], kwh[2], kg[2];
    double embodied[2];     /* kg: of the die alone over the least hours (NaN: not known); of the server's share over
                               the most */
};
void price_of(const struct price_question *question, struct price *price);

#endif
