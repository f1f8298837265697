/* System layer of zenoh-pico for the meter. */
#include "FreeRTOS.h"
#include "semphr.h"

typedef struct {
    SemaphoreHandle_t handle;
} meter_mutex_t;

static SemaphoreHandle_t log_lock;

int8_t _z_mutex_init(meter_mutex_t *m)
{
    return meter_mutex_setup(m);
}

int8_t meter_mutex_setup(meter_mutex_t *m)
{
    m->handle = xSemaphoreCreateMutex();
    return m->handle == NULL ? -1 : 0;
}

int8_t _z_mutex_rec_init(meter_mutex_t *rec)
{
    rec->handle = xSemaphoreCreateMutex();
    return rec->handle == NULL ? -1 : 0;
}

int8_t _z_mutex_rec_lock(meter_mutex_t *rec)
{
    return xSemaphoreTakeRecursive(rec->handle, portMAX_DELAY) == pdTRUE ? 0 : -1;
}

void log_init(void)
{
    log_lock = xSemaphoreCreateRecursiveMutex();
}

void log_line(const char *text)
{
    xSemaphoreTake(log_lock, portMAX_DELAY);
    uart_write(text);
    xSemaphoreGive(log_lock);
}
