/* The mutexes that the executor shares with zenoh-pico's callbacks. A callback may publish, and so
 * take the session's lock again. */
#include "FreeRTOS.h"
#include "semphr.h"

typedef struct {
    SemaphoreHandle_t handle;
} nros_mutex_t;

int nros_mutex_rec_init(nros_mutex_t *m)
{
    m->handle = xSemaphoreCreateRecursiveMutex();
    return m->handle == NULL ? -1 : 0;
}

int nros_mutex_rec_lock(nros_mutex_t *m)
{
    return xSemaphoreTakeRecursive(m->handle, portMAX_DELAY) == pdTRUE ? 0 : -1;
}

int nros_mutex_rec_unlock(nros_mutex_t *m)
{
    return xSemaphoreGiveRecursive(m->handle) == pdTRUE ? 0 : -1;
}

void nros_mutex_rec_drop(nros_mutex_t *m)
{
    vSemaphoreDelete(m->handle);
    m->handle = NULL;
}
