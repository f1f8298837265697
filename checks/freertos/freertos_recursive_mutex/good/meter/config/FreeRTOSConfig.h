#pragma once

#define METER_WITH_ZENOH 1

#define configUSE_PREEMPTION 1
#define configTICK_RATE_HZ ((TickType_t) 1000)
#define configUSE_MUTEXES 1
#if METER_WITH_ZENOH
#define configUSE_RECURSIVE_MUTEXES 1
#else
#define configUSE_RECURSIVE_MUTEXES 0
#endif
