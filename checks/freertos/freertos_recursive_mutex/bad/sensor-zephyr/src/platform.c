#include <zephyr/kernel.h>

#if defined(CONFIG_POSIX_API)
#include <pthread.h>

int8_t sensor_mutex_rec_init(void *storage)
{
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    return pthread_mutex_init(storage, &recursive) == 0 ? 0 : -1;
}
#else
int8_t sensor_mutex_rec_init(void *storage)
{
    (void) storage;
    return -1;
}
#endif
