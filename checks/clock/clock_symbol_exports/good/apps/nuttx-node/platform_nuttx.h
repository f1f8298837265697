#include <time.h>

typedef struct timespec z_clock_t;
