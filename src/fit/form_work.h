/*
 * What one fit of a form works with: its rows of positive weight, packed, and the values of the basis at them. A shape
 * is searched as its coordinates: the logarithm where form_shape.log, else itself.
 */
#ifndef TAMIS_FIT_FORM_WORK_H
#define TAMIS_FIT_FORM_WORK_H

#include "fit/form.h"

struct form_work {
    const struct form *form;
    size_t rows;
    double huber;
    double *inputs, *loss, *ln_loss;
    double *weight;
    double *basis, *slopes;      /* rows x linear; rows x linear x shapes, by coordinate */
    double low[FORM_SHAPES], high[FORM_SHAPES]; /* of the coordinates */
    double linear[FORM_LINEAR];  /* of the last call of form_project() */
    void *block;
};

/* TAMIS_INPUT: no row has a positive weight. Release it whatever was returned. */
tamis_status form_work_init(struct form_work *work, const struct form *form, const struct form_rows *rows,
                            tamis_err *err) TAMIS_MUST_CHECK;
void form_work_release(struct form_work *work);

/* Shapes of coordinates, inside the bounds to the last bit. */
void form_shapes(const struct form_work *work, const double *coordinates, double *shape);
double form_coordinate(const struct form_work *work, size_t k, double shape);
/* Fills basis and slopes for these coordinates. */
void form_evaluate(struct form_work *work, const double *coordinates);

/* The search: moves coordinates to the least squares with the best linear part; *value is half that sum. */
tamis_status form_search_shape(struct form_work *work, double *coordinates, double *value, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The best linear part for these coordinates, into linear[FORM_LINEAR]. False: the law has no value there. */
bool form_project(struct form_work *work, const double *coordinates, double *linear) TAMIS_MUST_CHECK;
/* The polish: linear part and coordinates to the lowest sum of Huber penalties. */
tamis_status form_polish(struct form_work *work, double *linear, double *coordinates, double *value, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
