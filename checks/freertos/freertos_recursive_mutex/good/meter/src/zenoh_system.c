/* System layer of zenoh-pico for the meter. */
#include "FreeRTOS.h"
#include "semphr.h"

typedef struct {
    SemaphoreHandle_t handle;
} meter_mutex_t;

typedef struct {
    SemaphoreHandle_t guard;
    SemaphoreHandle_t wake;
} meter_condvar_t;

int8_t meter_mutex_create(meter_mutex_t *m)
{
    m->handle = xSemaphoreCreateRecursiveMutex();
    return m->handle == NULL ? -1 : 0;
}

int8_t _z_mutex_rec_init(meter_mutex_t *m)
{
    return meter_mutex_create(m);
}

int8_t meter_mutex_lock(meter_mutex_t *m)
{
    return xSemaphoreTakeRecursive(m->handle, portMAX_DELAY) == pdTRUE ? 0 : -1;
}

int8_t meter_mutex_unlock(meter_mutex_t *m)
{
    return xSemaphoreGiveRecursive(m->handle) == pdTRUE ? 0 : -1;
}

int8_t _z_condvar_init(meter_condvar_t *cv)
{
    cv->guard = xSemaphoreCreateMutex();
    cv->wake = xSemaphoreCreateCounting(8, 0);
    return 0;
}

int8_t _z_condvar_signal(meter_condvar_t *cv)
{
    xSemaphoreTake(cv->guard, portMAX_DELAY);
    xSemaphoreGive(cv->wake);
    xSemaphoreGive(cv->guard);
    return 0;
}
